//! Every part of an expression, for what rewrites trees.

use super::ast::{Application, Expr, ExprKind, HyperDefault, ScheduleArg};

/// Calls `visit` with each expression directly inside this one, in the order written.
pub fn parts_mut(expr: &mut Expr, visit: &mut dyn FnMut(&mut Expr)) {
    match &mut expr.kind {
        ExprKind::Number(_) | ExprKind::Name(_) | ExprKind::Rest => {}
        ExprKind::Index(_, list) | ExprKind::Call(_, list) | ExprKind::Parts(list) => {
            list.iter_mut().for_each(visit);
        }
        ExprKind::Unary(_, x) => visit(x),
        ExprKind::Binary(_, x, y) => {
            visit(x);
            visit(y);
        }
        ExprKind::If(c, x, y) => [c, x, y].into_iter().for_each(|part| visit(part)),
        ExprKind::Bind(binder) => {
            binder.condition.as_deref_mut().into_iter().chain(&mut binder.args).for_each(visit)
        }
        ExprKind::Apply(app) => application_mut(app, visit),
        ExprKind::Reweight(reweight) => {
            application_mut(&mut reweight.strategy, visit);
            visit(&mut reweight.loss);
        }
        ExprKind::Schedule(schedule) => schedule.args.iter_mut().for_each(|arg| match arg {
            ScheduleArg::Plain(value) | ScheduleArg::Named(_, value) => visit(value),
            ScheduleArg::Move(from, to) => {
                visit(from);
                visit(to);
            }
        }),
    }
}

fn application_mut(app: &mut Application, visit: &mut dyn FnMut(&mut Expr)) {
    for (_, value) in &mut app.hypers {
        hyper_mut(value, visit);
    }
    app.args.iter_mut().chain(app.indices.iter_mut().flatten()).for_each(visit);
}

/// The numbers of a hyperparameter's value.
pub fn hyper_mut(value: &mut HyperDefault, visit: &mut dyn FnMut(&mut Expr)) {
    match value {
        HyperDefault::Scalar(value) => visit(value),
        HyperDefault::Array(values, _) => values.iter_mut().for_each(visit),
    }
}

/// Calls `visit` with this expression and every one inside it, inner ones first.
pub fn bottom_up(expr: &mut Expr, visit: &mut dyn FnMut(&mut Expr)) {
    parts_mut(expr, &mut |part| bottom_up(part, visit));
    visit(expr);
}
