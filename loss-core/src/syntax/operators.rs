//! The operators and how tightly they bind: read by the parser and by the printer.

/// An operator between two operands.
pub(super) struct Infix {
    /// How it is written.
    pub symbol: &'static str,
    /// Its name in the op table.
    pub name: &'static str,
    /// How tightly it binds.
    pub level: u8,
}

/// Binding strengths, the loosest first.
pub(super) mod level {
    pub const OR: u8 = 1;
    pub const AND: u8 = 2;
    pub const COMPARE: u8 = 3;
    pub const SUM: u8 = 4;
    pub const PRODUCT: u8 = 5;
    pub const UNARY: u8 = 6;
    pub const POWER: u8 = 7;
    pub const OPERAND: u8 = 8;
}

const fn infix(symbol: &'static str, name: &'static str, level: u8) -> Infix {
    Infix { symbol, name, level }
}

/// All operators of two operands but `^`, whose right operand may have a sign.
pub(super) const INFIX: &[Infix] = &[
    infix("||", "or", level::OR),
    infix("&&", "and", level::AND),
    infix("==", "eq", level::COMPARE),
    infix("!=", "ne", level::COMPARE),
    infix("<", "lt", level::COMPARE),
    infix("<=", "le", level::COMPARE),
    infix(">", "gt", level::COMPARE),
    infix(">=", "ge", level::COMPARE),
    infix("+", "add", level::SUM),
    infix("-", "sub", level::SUM),
    infix("*", "mul", level::PRODUCT),
    infix("/", "div", level::PRODUCT),
];

/// `^`, to the right.
pub(super) const POWER: Infix = infix("^", "pow", level::POWER);

/// Operators before their operand, with their names in the op table.
pub(super) const PREFIX: &[(&str, &str)] = &[("-", "neg"), ("!", "not")];
