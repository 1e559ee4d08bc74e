//! Random well-typed specs, for tests that compare one way of computing with another.
//!
//! Values are kept tame (nested `tanh`, denominators above 1), so that finite differences can be trusted; the
//! shapes of expressions are not: every binder, gather, condition and composite can meet every other.

mod rng;

pub use rng::Rng;
use std::fmt::Write as _;

/// An index variable in scope.
#[derive(Clone, Debug)]
struct Index {
    name: String,
    set: &'static str,
}

/// A tensor that expressions can read.
struct Tensor {
    name: &'static str,
    sets: &'static [&'static str],
}

const REAL: &[Tensor] = &[
    Tensor { name: "x", sets: &["B", "K"] },
    Tensor { name: "e", sets: &["B", "D"] },
    Tensor { name: "w", sets: &["K"] },
    Tensor { name: "y", sets: &["B", "K"] },
    Tensor { name: "scale", sets: &[] },
];

/// What specs over sequences read, too: classes for each token, places that are looked up, a table that classes point to.
const SEQUENCES: &[Tensor] =
    &[Tensor { name: "z", sets: &["B", "N", "K"] }, Tensor { name: "table", sets: &["C", "D"] }];

const INPUTS: &str = "x: [B, K], e: [B, D], w: [K], y: data [B, K], scale: [], target: [B] -> K, label: [B] -> C, mask: [B] -> bool";

const OF_SEQUENCES: &str = ", z: [B, N, K], table: [C, D], token: [B, N] -> K, place: [B, N] -> N";

struct Writer {
    rng: Rng,
    /// What can be read.
    real: Vec<&'static Tensor>,
    /// Whether it is over sequences, too.
    sequences: bool,
    /// Index variables in scope.
    scope: Vec<Index>,
    /// Names given out so far.
    fresh: usize,
    /// `let`s so far, with the sets of their axes.
    lets: Vec<(String, Vec<&'static str>)>,
}

/// A random definition `Name`, always well-typed and always using all its inputs. Every third one is over sequences.
pub fn spec(name: &str, seed: u64) -> String {
    let sequences = seed % 3 == 2;
    let more = if sequences { SEQUENCES } else { &[] };
    let real = REAL.iter().chain(more).collect();
    let mut w = Writer { rng: Rng::new(seed), real, sequences, scope: vec![], fresh: 0, lets: vec![] };
    let mut body = String::new();
    for _ in 0..w.rng.below(4) {
        let statement = w.let_statement();
        writeln!(body, "    {statement}").expect("writing to a string");
    }
    if !w.lets.is_empty() && w.rng.below(4) == 0 {
        let rounds = w.repeat();
        writeln!(body, "    {rounds}").expect("writing to a string");
    }
    let samples: &[&[&str]] =
        if sequences { &[&["B"], &["B", "N"], &[]] } else { &[&["B"], &["B", "K"], &[]] };
    let samples = w.rng.pick(samples).to_vec();
    w.scope = samples.iter().map(|&set| Index { name: format!("s{}", set.to_lowercase()), set }).collect();
    let value = w.real(4);
    let anchors = w.anchors() + &w.unused(&format!("{body}{value}"));
    // The anchors use every input, every `let` and every sample index, weighed so that they do not drown the rest.
    write!(body, "    {value} + 0.1 * ({anchors})").expect("writing to a string");
    let inputs = if sequences { OF_SEQUENCES } else { "" };
    format!("pub {name}<h = 0.7, temperature = 1.5 in 0<..>({INPUTS}{inputs}) {{\n{body}\n}}\n")
}

/// What is compared is scaled by this before an index is added to it: `max[n](z[n] - x[n])` is all ties if `x` adds `z`.
const UNTIED: f64 = 0.7;

/// A small term that depends on an index and tells what it ranges over: every index must appear and be known.
fn touch(index: &Index) -> String {
    match index.set {
        "B" => format!("0.05 * y[{}, 0]", index.name),
        "K" => format!("0.05 * w[{}]", index.name),
        "N" => format!("0.05 * z[0, {}, 0]", index.name),
        "C" => format!("0.05 * table[{}, 0]", index.name),
        _ => format!("0.05 * e[0, {}]", index.name),
    }
}

impl Writer {
    /// A term in which every input and every index in scope appears.
    fn anchors(&mut self) -> String {
        let b = self.scope.iter().find(|i| i.set == "B").map(|i| i.name.clone());
        let k = self.scope.iter().find(|i| i.set == "K").map(|i| i.name.clone());
        let per_sample = match (&b, &k) {
            (Some(b), Some(k)) => format!("x[{b}, {k}] * y[{b}, {k}] * w[{k}]"),
            (Some(b), None) => format!("x[{b}, target[{b}]] * w[target[{b}]]"),
            _ => "sum[i, k](x[i, k] * y[i, k] * w[k])".to_owned(),
        };
        let looked_up = if self.sequences { self.sequence_anchors() } else { String::new() };
        format!(
            "{looked_up}{per_sample} + h * scale * temperature + mean[i, d](e[i, d] ^ 2) \
             + sum[i, j | mask[i] && label[i] == label[j] && target[i] != target[j]](x[i, target[j]] - y[i, target[i]])"
        )
    }

    /// The same for what specs over sequences read.
    fn sequence_anchors(&self) -> String {
        let index = |set: &str| self.indices(set).first().cloned();
        let (b, n) = (index("B").unwrap_or("i".into()), index("N").unwrap_or("n".into()));
        let tokens = format!("z[{b}, {n}, token[{b}, place[{b}, {n}]]] - z[{b}, place[{b}, {n}], 0]");
        let labels = format!("table[label[{b}], d]");
        match (index("B"), index("N")) {
            (Some(_), Some(_)) => format!("{tokens} + mean[d]({labels}) + "),
            (Some(_), None) => format!("mean[n]({tokens}) + mean[d]({labels}) + "),
            _ => format!("mean[i, n]({tokens}) + mean[i, d]({labels}) + "),
        }
    }

    /// A term for every `let` that only its own definition mentions.
    fn unused(&mut self, text: &str) -> String {
        let mut terms = String::new();
        for (name, sets) in self.lets.clone() {
            if text.matches(&format!("{name}[")).count() == 1 {
                let indices: Vec<String> = sets.iter().map(|_| self.name("u")).collect();
                let indices = indices.join(", ");
                write!(terms, " + mean[{indices}](tanh({name}[{indices}]))").expect("writing to a string");
            }
        }
        terms
    }

    fn name(&mut self, stem: &str) -> String {
        self.fresh += 1;
        format!("{stem}{}", self.fresh)
    }

    fn let_statement(&mut self) -> String {
        let all: &[&[&str]] = if self.sequences {
            &[&["B"], &["B", "N"], &["B", "N", "K"], &["C"], &["C", "D"], &["N", "K"]]
        } else {
            &[&["B"], &["B", "K"], &["B", "B"], &["K"]]
        };
        let sets = self.rng.pick(all).to_vec();
        self.scope = sets.iter().map(|&set| Index { name: self.name(&set.to_lowercase()), set }).collect();
        let left: Vec<String> = self.scope.iter().map(|i| i.name.clone()).collect();
        let uses: Vec<String> = self.scope.iter().map(touch).collect();
        let value = self.real(3);
        let name = self.name("t");
        let statement = format!("let {name}[{}] = {value} + {};", left.join(", "), uses.join(" + "));
        self.lets.push((name, sets));
        self.scope.clear();
        statement
    }

    /// Rounds that change one or two of the `let`s.
    fn repeat(&mut self) -> String {
        let rounds = self.rng.below(4);
        let body: String = (0..=self.rng.below(2)).map(|_| self.assignment() + " ").collect();
        format!("repeat {rounds} {{ {body}}}")
    }

    /// `t[b] = ..;`, which stays bounded however often it is done.
    fn assignment(&mut self) -> String {
        let chosen = self.rng.below(self.lets.len());
        let (name, sets) = self.lets[chosen].clone();
        self.scope = sets.iter().map(|&set| Index { name: self.name(&set.to_lowercase()), set }).collect();
        let left: Vec<String> = self.scope.iter().map(|i| i.name.clone()).collect();
        let left = format!("{name}[{}]", left.join(", "));
        let uses: Vec<String> = self.scope.iter().map(touch).collect();
        let value = self.real(2);
        self.scope.clear();
        format!("{left} = tanh({value}) + 0.5 * tanh({left}) + {};", uses.join(" + "))
    }

    /// A real expression of at most that depth.
    fn real(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.leaf();
        }
        match self.rng.below(12) {
            0..=1 => self.leaf(),
            2..=3 => self.function(depth),
            4..=6 => self.binary(depth),
            7 => self.conditional(depth),
            8..=9 => self.reduction(depth),
            10 => self.kept(depth),
            _ => self.special(depth),
        }
    }

    fn leaf(&mut self) -> String {
        for _ in 0..4 {
            let choice = self.rng.below(self.real.len() + self.lets.len() + 2);
            if choice >= self.real.len() + self.lets.len() {
                return (*self.rng.pick(&["0.5", "h", "1.25", "temperature"])).to_owned();
            }
            let (name, sets) = match self.real.get(choice) {
                Some(tensor) => (tensor.name.to_owned(), tensor.sets.to_vec()),
                None => self.lets[choice - self.real.len()].clone(),
            };
            let indices: Option<Vec<String>> = sets.iter().map(|set| self.index(set)).collect();
            match indices {
                Some(list) if list.is_empty() => return name,
                Some(list) => return format!("{name}[{}]", list.join(", ")),
                None => {}
            }
        }
        "0.75".to_owned()
    }

    /// Something to index a set with: an index in scope, sometimes a class map or a fixed element.
    fn index(&mut self, set: &str) -> Option<String> {
        let mut all = self.indices(set);
        if set == "K" {
            all.extend(self.indices("B").iter().map(|i| format!("target[{i}]")));
            if self.rng.below(6) == 0 {
                all.push("0".into());
            }
        }
        if self.sequences {
            all.extend(self.looked_up(set));
        }
        (!all.is_empty()).then(|| self.rng.pick(&all).clone())
    }

    /// The index variables of a set that are in scope.
    fn indices(&self, set: &str) -> Vec<String> {
        self.scope.iter().filter(|i| i.set == set).map(|i| i.name.clone()).collect()
    }

    /// Elements of a set that the maps of sequences give.
    fn looked_up(&self, set: &str) -> Vec<String> {
        let (rows, tokens) = (self.indices("B"), self.indices("N"));
        let both = rows.iter().flat_map(|b| tokens.iter().map(move |n| (b, n)));
        match set {
            "C" => rows.iter().map(|b| format!("label[{b}]")).collect(),
            "N" => both.map(|(b, n)| format!("place[{b}, {n}]")).collect(),
            "K" => both
                .flat_map(|(b, n)| [format!("token[{b}, {n}]"), format!("token[{b}, place[{b}, {n}]]")])
                .collect(),
            _ => vec![],
        }
    }

    fn function(&mut self, depth: usize) -> String {
        let x = self.real(depth - 1);
        let forms = [
            "tanh({})",
            "sigmoid({})",
            "softplus({})",
            "log_sigmoid({})",
            "exp(tanh({}))",
            "ln(1 + exp({}))",
            "ln(1 + ({}) ^ 2)",
            "sqrt(1 + ({}) ^ 2)",
            "-({})",
            "sin({})",
            "erf({})",
            "abs({})",
            "relu({})",
            "log1p(exp(tanh({})))",
            "clamp({}, -1, 1)",
            "detach({})",
            "expm1(tanh({}))",
            "xlogx(1.5 + tanh({}))",
            "atan({})",
        ];
        self.rng.pick(&forms).replacen("{}", &x, 1)
    }

    fn binary(&mut self, depth: usize) -> String {
        let (x, y) = (self.real(depth - 1), self.real(depth - 1));
        match self.rng.below(8) {
            0..=1 => format!("({x} + {y})"),
            2 => format!("({x} - ({y}))"),
            3..=4 => format!("tanh({x}) * ({y})"),
            5 => format!("({x}) / (1.5 + ({y}) ^ 2)"),
            6 => format!("max({x}, {y})"),
            _ => format!("(1.5 + tanh({x})) ^ (tanh({y}))"),
        }
    }

    fn condition(&mut self, depth: usize) -> String {
        let (rows, classes) = (self.indices("B"), self.indices("K"));
        let mut all = vec![format!("{} > {}", self.leaf(), self.leaf())];
        if depth > 0 {
            all.push(format!("!({})", self.condition(depth - 1)));
            all.push(format!("{} && {}", self.condition(depth - 1), self.condition(0)));
            all.push(format!("({} || {})", self.condition(depth - 1), self.condition(0)));
        }
        if let (Some(a), Some(b)) = (rows.first(), rows.last()) {
            all.push(format!("mask[{a}]"));
            all.push(format!("label[{a}] == label[{b}]"));
            all.push(format!("{a} != {b}"));
            all.push(format!("{a} <= {b}"));
            all.push(self.nearness(a, b));
            if let Some(k) = classes.first() {
                all.push(format!("{k} == target[{a}]"));
                all.push(format!("{k} != target[{b}]"));
            }
        }
        if self.sequences {
            let equal = |set| self.indices(set).first().cloned().zip(self.looked_up(set).last().cloned());
            all.extend(["K", "N", "C"].into_iter().filter_map(equal).map(|(i, at)| format!("{i} == {at}")));
        }
        self.rng.pick(&all).clone()
    }

    /// A condition that leaves few elements, or none.
    fn nearness(&mut self, a: &str, b: &str) -> String {
        match self.rng.below(11) {
            0 => format!("{a} == {b} + 1"),
            1 => format!("{b} - {a} == 2"),
            2 => format!("abs({a} - {b}) <= 2"),
            3 => format!("{a} > {b}"),
            4 => format!("1 - {a} <= 0.3 - {b}"),
            5 => format!("{a} == floor(0.5 * {b})"),
            6 => format!("{a} + {b} == 3"),
            7 => format!("abs({a} - {b} + 1) < 2"),
            8 => format!("{a} >= {b} - 1 && {b} + 1 > {a}"),
            9 => format!("{a} == 2 * {b} - h"),
            _ => format!("-{b} < 0.7 + -{a}"),
        }
    }

    fn conditional(&mut self, depth: usize) -> String {
        let condition = self.condition(1);
        format!("(if {condition} {{ {} }} else {{ {} }})", self.real(depth - 1), self.real(depth - 1))
    }

    fn reduction(&mut self, depth: usize) -> String {
        if self.scope.len() > 3 {
            return self.leaf();
        }
        let sets: &[&str] = if self.sequences { &["K", "B", "D", "N", "C"] } else { &["K", "B", "D"] };
        let set = *self.rng.pick(sets);
        let name = self.name(&set.to_lowercase());
        self.scope.push(Index { name: name.clone(), set });
        let (body, own) = (self.real(depth - 1), touch(&Index { name: name.clone(), set }));
        let (body, untied) = (format!("({body} + {own})"), format!("({UNTIED} * ({body}) + {own})"));
        let given = if self.rng.below(2) == 0 { format!(" | {}", self.condition(1)) } else { String::new() };
        self.scope.pop();
        match self.rng.below(9) {
            0..=1 => format!("sum[{name}{given}]({body})"),
            2..=3 => format!("mean[{name}{given}]({body})"),
            4 => format!("softplus(logsumexp[{name}{given}]({body}))"),
            5 if given.is_empty() => format!("max[{name}]({untied})"),
            6 if given.is_empty() => format!("min[{name}]({untied})"),
            7 => format!("norm[{name}{given}](1 + {body})"),
            // Near 1: over a few hundred others, what is added to the product would be lost in it.
            8 => format!("prod[{name}{given}](1 + 0.02 * tanh({body}))"),
            _ => format!("log1p(sum[{name}{given}](exp({body})))"),
        }
    }

    /// A composite or an order op that keeps its index.
    fn kept(&mut self, depth: usize) -> String {
        let Some(index) = self.scope.last().cloned() else { return self.leaf() };
        let i = &index.name;
        let (x, own) = (self.real(depth - 1), touch(&index));
        let (x, untied) = (format!("{x} + {own}"), format!("{UNTIED} * ({x}) + {own}"));
        match self.rng.below(7) {
            0 => format!("softmax[{i}]({x})"),
            1 => format!("log_softmax[{i}]({x})"),
            2 => format!("normalize[{i}](1.5 + tanh({x}))"),
            3 => format!("cumsum[{i}](0.2 * ({x}))"),
            // By another factor than that with which `y` is added to it later: `y[0] + y[1]` would be a tie.
            4 => format!("sort[{i}](0.7 * ({untied}))"),
            5 => format!("(0.1 * rank[{i}]({untied}))"),
            _ => {
                let condition = self.condition(0);
                format!("softmax[{i} | {condition}]({x})")
            }
        }
    }

    /// Contractions, distances, prefix sums: what the passes look for.
    fn special(&mut self, depth: usize) -> String {
        let rows = self.indices("B");
        let (Some(a), Some(b)) = (rows.first().cloned(), rows.last().cloned()) else {
            return self.reduction(depth);
        };
        let (i, m) = (self.name("q"), self.name("m"));
        match self.rng.below(7) {
            0 => format!("sum[{i}](e[{a}, {i}] * e[{b}, {i}])"),
            1 => format!("sum[{m}](tanh(sum[{i}](e[{a}, {i}] * e[{m}, {i}])))"),
            2 => format!("squared_distance[{i}](x[{a}, {i}], y[{b}, {i}])"),
            3 => format!("cosine[{i}](1 + x[{a}, {i}] ^ 2, 1 + y[{b}, {i}] ^ 2)"),
            4 => format!("kl[{i}](softmax[{i}](y[{a}, {i}]), softmax[{i}](x[{b}, {i}]))"),
            5 => format!("sum[{i}](x[{a}, {i}] * w[{i}])"),
            _ => format!("sum[{m} | {m} <= {a}](x[{m}, target[{b}]])"),
        }
    }
}
