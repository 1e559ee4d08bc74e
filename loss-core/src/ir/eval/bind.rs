//! Checks the values given to a program and finds the sizes of its sets.

use super::{Array, EvalError, HyperValue};
use crate::ir::{HyperInfo, InputInfo, Program, SetSize, Ty};
use crate::syntax::ast::HyperType;

/// The size of each set, `None` where nothing tells it.
pub(in crate::ir) type Sizes = Vec<Option<usize>>;

/// The sizes of all sets, if the values fit the program.
pub(in crate::ir) fn check(
    program: &Program,
    hypers: &[HyperValue],
    inputs: &[Array],
) -> Result<Sizes, EvalError> {
    check_count("hyperparameters", program.hypers.len(), hypers.len())?;
    check_count("inputs", program.inputs.len(), inputs.len())?;
    for (info, value) in program.hypers.iter().zip(hypers) {
        check_hyper(info, value)?;
    }
    let sizes = find_sizes(program, inputs)?;
    for (info, array) in program.inputs.iter().zip(inputs) {
        check_elements(info, array, &sizes)?;
    }
    Ok(sizes)
}

fn check_count(what: &'static str, wanted: usize, got: usize) -> Result<(), EvalError> {
    if wanted == got { Ok(()) } else { Err(EvalError::Count { what, wanted, got }) }
}

/// Law: a hyperparameter has the form that its type states.
fn check_hyper(info: &HyperInfo, value: &HyperValue) -> Result<(), EvalError> {
    let wanted = match (info.ty, value) {
        (HyperType::Real, HyperValue::Real(_)) => return Ok(()),
        (HyperType::Integer, HyperValue::Real(v)) if is_whole(*v) => return Ok(()),
        (HyperType::Bool, HyperValue::Real(v)) if *v == 0.0 || *v == 1.0 => return Ok(()),
        (HyperType::Array(n), HyperValue::Array(v)) if v.len() == n => return Ok(()),
        (HyperType::Real, _) => "a number".to_owned(),
        (HyperType::Integer, _) => "a whole number from 0".to_owned(),
        (HyperType::Bool, _) => "0 or 1".to_owned(),
        (HyperType::Array(n), _) => format!("{n} numbers"),
    };
    Err(EvalError::Hyper { name: info.name.clone(), wanted })
}

/// Law: axes over one set have one length, which for a fixed set is its number.
fn find_sizes(program: &Program, inputs: &[Array]) -> Result<Sizes, EvalError> {
    let fixed = |size| if let SetSize::Fixed(n) = size { Some(n) } else { None };
    let mut sizes: Sizes = program.sets.iter().map(|s| fixed(s.size)).collect();
    for (info, array) in program.inputs.iter().zip(inputs) {
        let input = info.name.clone();
        if info.sets.len() != array.shape.len() {
            return Err(EvalError::Rank { input, wanted: info.sets.len(), got: array.shape.len() });
        }
        let wanted = array.shape.iter().product();
        if array.data.len() != wanted {
            return Err(EvalError::Length { input, wanted, got: array.data.len() });
        }
        for (axis, (set, &got)) in info.sets.iter().zip(&array.shape).enumerate() {
            let wanted = *sizes[usize::from(set.0)].get_or_insert(got);
            if wanted != got {
                let set = program.sets[usize::from(set.0)].name.clone();
                return Err(EvalError::Size { input, axis, set, wanted, got });
            }
        }
    }
    for (i, set) in program.sets.iter().enumerate() {
        if let SetSize::Beyond { base, more } = set.size {
            sizes[i] = sizes[usize::from(base.0)].map(|n| n + more);
        }
    }
    Ok(sizes)
}

/// Law: class indices are whole numbers below the size of their set, conditions are 0 or 1.
fn check_elements(info: &InputInfo, array: &Array, sizes: &Sizes) -> Result<(), EvalError> {
    let size = match info.ty {
        Ty::Real => return Ok(()),
        Ty::Bool => Some(2),
        Ty::Index(set) => sizes[usize::from(set.0)],
    };
    let fits = |v: f64| is_whole(v) && size.is_none_or(|n| v < n as f64);
    let Some(at) = array.data.iter().position(|&v| !fits(v)) else { return Ok(()) };
    let allowed = match (info.ty, size) {
        (Ty::Bool, _) => "0 or 1".to_owned(),
        (_, None) => "a whole number from 0".to_owned(),
        (_, Some(0)) => "nothing, the set is empty".to_owned(),
        (_, Some(n)) => format!("a whole number from 0 to {}", n - 1),
    };
    let (input, place) = (info.name.clone(), place_of(at, &array.shape));
    Err(EvalError::Element { input, place, value: array.data[at], allowed })
}

pub(super) fn is_whole(v: f64) -> bool {
    v >= 0.0 && v.is_finite() && v.fract() == 0.0
}

/// The coordinates of the element at a position of a row-major array.
fn place_of(mut at: usize, shape: &[usize]) -> Vec<usize> {
    let mut place: Vec<usize> = shape
        .iter()
        .rev()
        .map(|&n| {
            let coordinate = at % n;
            at /= n;
            coordinate
        })
        .collect();
    place.reverse();
    place
}
