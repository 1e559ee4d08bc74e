//! The language as written: grammar, tree, parser and printer.
//!
//! # Grammar
//!
//! `{ x }` is any number of `x`, `[ x ]` at most one, `|` a choice; what stands in quotes is written as it is.
//! Comments and white space are those of Rust, which reads the tokens. A comma may follow the last item of a list.
//!
//! ```ebnf
//! file        = [ "crate" "=" path ";" ] { definition | host | picks } ;
//! picks       = [ visibility ] "use" Loss { "," Loss } ";" ;
//! host        = { doc_comment } "extern" name "(" inputs ")" "->" "[" [ axis { "," axis } ] "]" [ "->" axis ]
//!               "=" host_path [ "," "gradient" "=" host_path ] ";" ;
//! host_path   = path | "$crate" "::" path ;
//! definition  = { attribute } [ visibility ] Loss [ hypers ] "(" [ inputs ] ")" body ;
//! attribute   = "#" "[" mark "]" | "#" "[" rust_attribute "]" | doc_comment ;
//! mark        = "active" | "passive" | "snapshot" | "derive_hessian" | "graph"
//!             | "id" "=" string | "when" "(" [ settings ] ")" ;
//! settings    = name "=" string { "," name "=" string } ;
//! visibility  = "pub" [ "(" ( "crate" | "self" | "super" | "in" path ) ")" ] ;
//!
//! hypers      = "<" [ parameter { "," parameter } ] ">" ;
//! parameter   = hyper | held ;
//! held        = { doc_comment } ( "learn" | "state" ) name [ ":" "[" [ axis { "," axis } ] "]" ] "=" initial ;
//! initial     = sum | ( "normal" | "uniform" ) "(" sum "," sum ")" ;
//! hyper       = { doc_comment } name [ ":" hyper_type ] [ "=" value ] [ "in" domain ] ;
//! hyper_type  = "f64" | "usize" | "bool" | "[" "f64" ";" size "]" ;
//! value       = sum | "[" [ sum { "," sum } ] "]" ;
//! domain      = bound [ "<" ] ".." [ bound ] | bound [ "<" ] "..=" bound | ".." bound | "..=" bound ;
//! bound       = [ "-" ] number ;
//!
//! inputs      = input { "," input } ;
//! input       = name ":" [ "data" ] "[" [ axis { "," axis } ] "]" [ "->" ( axis | Set "+" size | "bool" ) ] [ "in" domain ] ;
//! axis        = Set [ ".." ] | size ;
//!
//! body        = "{" { statement } ( expr | terms | weighted ) "}" | "=" expr ";" ;
//! weighted    = "uncertainty" [ options ] "{" terms "}" ;
//! options     = "<" [ name "=" name { "," name "=" name } ] ">" ;
//! terms       = term { "," term } ;
//! term        = name ":" [ "regression" | "classification" ] expr ;
//! statement   = let | update | "repeat" sum "{" { let | assignment } "}" [ ";" ] ;
//! let         = "let" assignment ;
//! update      = "update" assignment ;
//! assignment  = name [ "[" index { "," index } "]" ] "=" expr ";" ;
//! index       = name [ "in" ( Set | size ) ] ;
//!
//! expr        = and { "||" and } ;
//! and         = comparison { "&&" comparison } ;
//! comparison  = sum [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) sum ] ;
//! sum         = product { ( "+" | "-" ) product } ;
//! product     = unary { ( "*" | "/" ) unary } ;
//! unary       = ( "-" | "!" ) unary | power ;
//! power       = operand [ "^" unary ] ;
//! operand     = number | name | Set | access | call | binder | application | reweight | schedule | conditional
//!             | "(" expr ")" ;
//! access      = ( name | Set ) "[" expr { "," expr } [ "," ".." ] "]" ;
//! call        = name "(" [ arguments ] ")" ;
//! binder      = name "[" index { "," index } [ "|" expr ] "]" "(" [ arguments ] ")" ;
//! application = ( Loss [ given ] | name given | "poly" | "apl" | "smoothed" ) "(" [ arguments ] ")" [ "[" arguments "]" ] ;
//! given       = "<" [ assigned { "," assigned } ] ">" ;
//! assigned    = name [ "=" value ] ;
//! reweight    = "reweight" "<" Loss [ given ] [ "(" [ arguments ] ")" ] ">" "(" expr ")" ;
//! schedule    = kind "(" [ setting { "," setting } ] ")" ;
//! setting     = name "=" sum | sum [ "->" sum ] ;
//! arguments   = expr { "," expr } ;
//! conditional = "if" expr "{" expr "}" "else" ( conditional | "{" expr "}" ) ;
//! ```
//!
//! - `name` is an identifier without upper-case letters, `Set` one that starts with an upper-case letter, `Loss` an
//!   upper-camel one; none is a reserved word. `size` is a whole number from 1, `number` a decimal literal of Rust
//!   without suffix; `path` and `rust_attribute` are Rust's.
//! - `kind` is one of the schedules; the table of ops lists them.
//! - A `<` after a name opens `given` exactly if a name and `=` follow, or names up to `>` and `(`; otherwise it compares.
//!   In `given`, a name alone is short for `name = name`.
//! - An input has at most four axes. Groups, operators and conditionals nest at most 128 deep.
//! - What a `macro_rules!` macro forwards as an expression is an operand, as if it stood in parentheses.

pub mod ast;
mod attributes;
mod body;
mod domain;
mod expr;
pub mod external;
mod habits;
mod head;
mod item;
mod names;
mod number;
mod operand;
mod operators;
mod picked;
pub mod print;
mod range;
mod schedule;
mod terms;
mod tokens;
pub mod walk;

pub use item::{expression, parse};
