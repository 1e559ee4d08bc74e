//! What the laws of kernels and the interpreter of loops refuse.

use super::*;

/// What makes `value[b]` out of `x[b]`, spoilt in one way or another.
fn spoilt(spoil: impl Fn(&mut Builder, ArrayId, ArrayId)) -> Result<(), String> {
    let program = program("pub Same(x: [B, K]) { sum[k](x[b, k]) }");
    let mut f = Builder::default();
    let x = f.array("x", &[B, K], Place::Input(0));
    let (value, total) = (f.array("value", &[B], Place::Value), f.array("total", &[], Place::Total));
    spoil(&mut f, x, value);
    let zero = f.constant(0.0);
    f.nest(&[], &[across(reduced(total, &[], "sum", zero))]);
    f.stage(Some(B));
    let inputs = [Numbers::new(&[4, 2], values(8))];
    ran(&program, &fused(&program, f, Builder::default()), &inputs, &[]).map(|_| ())
}

fn refused(wanted: &str, spoil: impl Fn(&mut Builder, ArrayId, ArrayId)) {
    let fault = spoilt(spoil).expect_err(wanted);
    assert!(fault.contains(wanted), "{fault}, not {wanted}");
}

#[test]
fn an_element_is_written_before_it_is_read() {
    assert_eq!(
        spoilt(|f, x, value| {
            let x = f.load(x, &[at(B), at(K)]);
            f.nest(&[K], &[reduced(value, &[at(B)], "sum", x)]);
        }),
        Ok(())
    );
    refused("never written", |_, _, _| {});
    refused("before it is written", |f, _, value| {
        let m = f.array("m", &[], Place::Row);
        let m = f.load(m, &[]);
        f.nest(&[], &[set(value, &[at(B)], m)]);
    });
    // What the row before has left is gone.
    refused("before it is written", |f, x, value| {
        let m = f.array("m", &[K], Place::Row);
        let first = f.expr(Value::Element(0), &[], Ty::Index(K.set));
        let (x, old) = (f.load(x, &[at(B), At::Computed(first)]), f.load(m, &[At::Computed(first)]));
        f.nest(&[], &[set(value, &[at(B)], old)]);
        f.nest(&[], &[set(m, &[At::Computed(first)], x)]);
    });
    refused("before it is written", |f, _, value| {
        let m = f.array("m", &[], Place::Row);
        let one = f.constant(1.0);
        f.nest_for(&[], &[set(m, &[], one)], &[0]);
        let m = f.load(m, &[]);
        f.nest(&[], &[set(value, &[at(B)], m)]);
    });
}

/// `value[b] = sum[k](x[b, k])`, of the elements of a row where a condition holds, in a span.
fn spanned(f: &mut Builder, (x, value): (ArrayId, ArrayId), last: f64, to: impl Fn(&mut Builder) -> LetId) {
    let x = f.load(x, &[at(B), at(K)]);
    let position = f.expr(Value::Position(K), &[K], Ty::Index(K.set));
    let (position, last) = (f.op("real", &[position]), f.constant(last));
    let given = Some(f.op("le", &[position, last]));
    let to = to(f);
    f.nest(&[K], &[Target { given, ..reduced(value, &[at(B)], "sum", x) }]);
    let Some(Step::Nest(nest)) = f.steps.last_mut() else { unreachable!("a nest has been added") };
    nest.spans.insert(K, Span { asked: true, from: None, to: Some(to) });
}

#[test]
fn spans_leave_out_nothing() {
    for wide in [0.0, 0.7, 5.0] {
        assert_eq!(spoilt(|f, x, value| spanned(f, (x, value), 0.0, |f| f.constant(wide))), Ok(()));
    }
    refused("outside of a span", |f, x, value| spanned(f, (x, value), 1.0, |f| f.constant(0.0)));
    refused("depends on a loop inside it", |f, x, value| {
        spanned(f, (x, value), 1.0, |f| {
            let position = f.expr(Value::Position(K), &[K], Ty::Index(K.set));
            f.op("real", &[position])
        });
    });
    refused("for all elements", |f, x, value| {
        spanned(f, (x, value), 1.0, |f| f.constant(1.0));
        let Some(Step::Nest(nest)) = f.steps.last_mut() else { unreachable!("a nest has been added") };
        nest.targets[0].given = None;
    });
}

#[test]
fn neighbours_are_elements() {
    let beside = |last: f64| {
        move |f: &mut Builder, x, value| {
            let next =
                f.expr(Value::Beside(Beside { plus: vec![K], minus: vec![], by: 1 }), &[K], Ty::Index(K.set));
            let (x, last) = (f.load(x, &[at(B), At::Computed(next)]), f.constant(last));
            f.nest(&[K], &[reduced(value, &[at(B)], "sum", x)]);
            let Some(Step::Nest(nest)) = f.steps.last_mut() else { unreachable!("a nest has been added") };
            nest.spans.insert(K, Span { asked: false, from: None, to: Some(last) });
        }
    };
    assert_eq!(spoilt(beside(0.0)), Ok(()));
    refused("index [0, 2]", beside(1.0));
}

#[test]
fn an_element_is_set_once() {
    refused("set twice", |f, x, value| {
        let x = f.load(x, &[at(B), at(K)]);
        f.nest(&[K], &[set(value, &[at(B)], x)]);
    });
}

/// A gradient of `x` alone, made by a kernel that begins it.
fn begun(make: impl Fn(&mut Builder, ArrayId, LetId)) -> Result<(), String> {
    let program = program("pub Same(x: [B, K]) { sum[k](x[b, k]) }");
    let kernel = |value: bool| {
        let mut f = Builder::default();
        let x = f.array("x", &[B, K], Place::Input(0));
        let total = f.array("total", &[], Place::Total);
        let x = f.load(x, &[at(B), at(K)]);
        f.nest(&[K], &[across(reduced(total, &[], "sum", x))]);
        if value {
            let value = f.array("value", &[B], Place::Value);
            f.nest(&[K], &[reduced(value, &[at(B)], "sum", x)]);
        } else {
            let gradient = f.array("d_x", &[B, K], Place::Gradient(0));
            let one = f.constant(1.0);
            make(&mut f, gradient, one);
        }
        f.stage(Some(B));
        f
    };
    let both = Some(kernel(false).kernel);
    let fused = Fused { both, backward: None, ..fused(&program, kernel(true), Builder::default()) };
    ran(&program, &fused, &[Numbers::new(&[4, 2], values(8))], &[0]).map(|_| ())
}

#[test]
fn a_gradient_is_set_before_it_is_added_to() {
    let whole = [at(B), at(K)];
    assert_eq!(begun(|f, d, one| f.nest(&[K], &[add(d, &whole, one)])), Ok(()));
    let set_first = |f: &mut Builder, d, one| {
        f.nest(&[K], &[set(d, &whole, one)]);
        f.nest(&[K], &[add(d, &whole, one)]);
    };
    assert_eq!(begun(set_first), Ok(()));
    let set_last = |f: &mut Builder, d, one| {
        f.nest(&[K], &[add(d, &whole, one)]);
        f.nest(&[K], &[set(d, &whole, one)]);
    };
    assert!(begun(set_last).unwrap_err().contains("no part of the row"));
    let in_part = |f: &mut Builder, d, one| {
        let first = f.expr(Value::Element(0), &[], Ty::Index(K.set));
        f.nest(&[], &[set(d, &[at(B), At::Computed(first)], one)]);
    };
    assert!(begun(in_part).unwrap_err().contains("never written"));
}

#[test]
fn what_others_have_added_is_not_overwritten() {
    let program = program(CROSS_ENTROPY);
    let mut b = cross_entropy_backward();
    let Some(Stage::Rows(rows)) = b.kernel.stages.first_mut() else { panic!("its stage") };
    let Some(Step::Nest(nest)) = rows.steps.first_mut() else { panic!("its first nest") };
    nest.targets[0].how = How::Set;
    let fused = fused(&program, cross_entropy_forward(), b);
    let inputs = [Numbers::new(&[3, 5], values(15)), Numbers::new(&[3], classes(3, 5))];
    let fault = ran(&program, &fused, &inputs, &[0]).unwrap_err();
    assert_eq!(fault, "backward: `d_logits` overwrites what others have added");
}

#[test]
fn rows_are_independent() {
    refused("belongs to another row", |f, x, value| {
        let g = f.array("g", &[B], Place::Global);
        let first = f.expr(Value::Element(0), &[], Ty::Index(K.set));
        let x = f.load(x, &[at(B), At::Computed(first)]);
        f.nest(&[], &[set(g, &[at(B)], x)]);
        let row = f.expr(Value::Element(0), &[], Ty::Index(B.set));
        let foreign = f.load(g, &[At::Computed(row)]);
        f.nest(&[], &[set(value, &[at(B)], foreign)]);
    });
    refused("not written at its row", |f, x, value| {
        let x = f.load(x, &[at(B), at(K)]);
        f.nest(&[B2, K], &[reduced(value, &[at(B2)], "sum", x)]);
    });
    refused("belongs to another row", |f, x, value| {
        let g = f.array("g", &[], Place::Global);
        let x = f.load(x, &[at(B), at(K)]);
        f.nest(&[K], &[across(reduced(g, &[], "sum", x))]);
        let unfinished = f.load(g, &[]);
        f.nest(&[], &[set(value, &[at(B)], unfinished)]);
    });
}

#[test]
fn indices_are_elements() {
    refused("index [0, 9]", |f, x, value| {
        let far = f.expr(Value::Element(9), &[], Ty::Index(K.set));
        let x = f.load(x, &[at(B), At::Computed(far)]);
        f.nest(&[], &[set(value, &[at(B)], x)]);
    });
    refused("other sets", |f, x, value| {
        let x = f.load(x, &[at(K), at(B)]);
        f.nest(&[K], &[reduced(value, &[at(B)], "sum", x)]);
    });
    refused("needs Some", |f, x, value| {
        let x = f.load(x, &[at(B), at(K)]);
        f.nest(&[], &[set(value, &[at(B)], x)]);
    });
}

/// A kernel that keeps `x[b, k]` in an array that lives where `d_x` is made of it, spoilt in one way or another.
fn lodging(spoil: impl Fn(&mut Builder, Lodging)) -> Result<(), String> {
    begun(|f, gradient, one| {
        let kept = f.array("kept", &[K], Place::Row);
        f.kernel.arrays[kept.0].home = Some(gradient);
        spoil(f, Lodging { kept, gradient, one });
    })
}

struct Lodging {
    kept: ArrayId,
    gradient: ArrayId,
    one: LetId,
}

impl Lodging {
    fn keep(&self, f: &mut Builder) {
        f.nest(&[K], &[set(self.kept, &[at(K)], self.one)]);
    }

    fn settle(&self, f: &mut Builder) {
        let kept = f.load(self.kept, &[at(K)]);
        f.nest(&[K], &[set(self.gradient, &[at(B), at(K)], kept)]);
    }

    fn read(&self, f: &mut Builder, place: At) {
        let sum = f.array("sum", &[], Place::Row);
        let kept = f.load(self.kept, &[place]);
        f.nest(if place == at(K) { &[K] } else { &[] }, &[reduced(sum, &[], "sum", kept)]);
    }
}

#[test]
fn an_array_lives_where_nobody_can_tell() {
    let usual = |f: &mut Builder, l: Lodging| {
        l.keep(f);
        l.read(f, at(K));
        l.settle(f);
        let first = f.expr(Value::Element(0), &[], Ty::Index(K.set));
        f.nest(&[], &[add(l.gradient, &[at(B), At::Computed(first)], l.one)]);
    };
    assert_eq!(lodging(usual), Ok(()));
    let refused = |why: &str, spoil: &dyn Fn(&mut Builder, Lodging)| {
        let fault = lodging(spoil).expect_err(why);
        assert!(fault.contains("cannot live in `d_x`"), "{why}: {fault}");
    };
    refused("read when it is gone", &|f, l| {
        l.keep(f);
        l.settle(f);
        l.read(f, at(K));
    });
    refused("read at another element", &|f, l| {
        l.keep(f);
        let first = f.expr(Value::Element(0), &[], Ty::Index(K.set));
        l.read(f, At::Computed(first));
        l.settle(f);
    });
    refused("read beside what sets the gradient", &|f, l| {
        l.keep(f);
        let sum = f.array("sum", &[], Place::Row);
        let kept = f.load(l.kept, &[at(K)]);
        let both = [set(l.gradient, &[at(B), at(K)], kept), reduced(sum, &[], "sum", kept)];
        f.nest(&[K], &both);
    });
    refused("made in part", &|f, l| {
        let holds = f.expr(Value::Truth(true), &[], Ty::Bool);
        f.nest(&[K], &[Target { given: Some(holds), ..set(l.kept, &[at(K)], l.one) }]);
        l.settle(f);
    });
    refused("made a second time", &|f, l| {
        l.keep(f);
        l.read(f, at(K));
        l.keep(f);
        l.settle(f);
    });
    refused("made when the gradient is set", &|f, l| {
        f.nest(&[K], &[set(l.gradient, &[at(B), at(K)], l.one)]);
        l.keep(f);
    });
    refused("the gradient is never set", &|f, l| {
        l.keep(f);
        let kept = f.load(l.kept, &[at(K)]);
        f.nest(&[K], &[add(l.gradient, &[at(B), at(K)], kept)]);
    });
    refused("shared with another array", &|f, l| {
        let other = f.array("other", &[K], Place::Row);
        f.kernel.arrays[other.0].home = Some(l.gradient);
        f.nest(&[K], &[set(other, &[at(K)], l.one)]);
        l.keep(f);
        l.settle(f);
    });
}
