//! A place in the token buffer: what stands here, and moving on.
//!
//! Groups without delimiters, which `macro_rules!` puts around what it forwards, are seen through everywhere;
//! only where an operand is expected is one of several tokens taken as a unit ([`Tokens::enter_unit`]).

use crate::diag::messages::syntax as say;
use crate::diag::{Diag, SpanRange};
use proc_macro2::{Delimiter, Ident, Literal, Spacing, Span, TokenStream, TokenTree};
use syn::buffer::Cursor;

/// How deep groups, operators and conditionals may nest, so that no later walk over the tree runs out of stack.
pub(super) const MAX_DEPTH: usize = 128;

/// Every symbol that is read as one, longest first. Those that the language does not have are known for its messages.
const SYMBOLS: &[&str] = &[
    "..=", "&&", "||", "==", "!=", "<=", ">=", "->", "=>", "::", ":=", "..", "**", "+=", "-=", "*=", "/=",
    "+", "-", "*", "/", "^", "<", ">", "=", "!", "|", "&", ".", ",", ";", ":", "#", "%", "?", "@", "$", "~",
];

/// The rest of a token sequence.
#[derive(Clone, Copy)]
pub(super) struct Tokens<'a> {
    cursor: Cursor<'a>,
    /// The token read last.
    last: Span,
    /// Where the end of the sequence is reported.
    end: Span,
    /// The end of the sequence in words.
    end_text: &'static str,
    depth: usize,
}

/// A symbol and what follows it.
struct Symbol<'a> {
    text: &'static str,
    range: SpanRange,
    after: Cursor<'a>,
}

impl<'a> Tokens<'a> {
    /// A whole stream; `end` is the span of its last token.
    pub fn new(cursor: Cursor<'a>, end: Span) -> Tokens<'a> {
        let mut tokens = Tokens { cursor, last: end, end, end_text: "the end of the spec", depth: 0 };
        tokens.settle();
        tokens
    }

    /// Whether nothing is left.
    pub fn at_end(&self) -> bool {
        self.cursor.eof()
    }

    fn go(&mut self, cursor: Cursor<'a>, last: Span) {
        self.cursor = cursor;
        self.last = last;
        self.settle();
    }

    /// Passes groups without delimiters that hold nothing.
    fn settle(&mut self) {
        while let Some((_, _, after)) =
            self.cursor.group(Delimiter::None).filter(|(inner, ..)| is_blank(*inner))
        {
            self.cursor = after;
        }
    }

    /// The identifier here.
    pub fn ident(&self) -> Option<Ident> {
        self.cursor.ident().map(|(ident, _)| ident)
    }

    /// Takes the identifier here.
    pub fn take_ident(&mut self) -> Option<Ident> {
        let (ident, after) = self.cursor.ident()?;
        self.go(after, ident.span());
        Some(ident)
    }

    /// Whether the identifier here is `word`.
    pub fn is_word(&self, word: &str) -> bool {
        self.cursor.ident().is_some_and(|(ident, _)| ident == word)
    }

    /// Takes the identifier here if it is `word`.
    pub fn eat_word(&mut self, word: &str) -> Option<Ident> {
        if self.is_word(word) { self.take_ident() } else { None }
    }

    /// The literal here.
    pub fn literal(&self) -> Option<Literal> {
        self.cursor.literal().map(|(literal, _)| literal)
    }

    /// Takes the literal here.
    pub fn take_literal(&mut self) -> Option<Literal> {
        let (literal, after) = self.cursor.literal()?;
        self.go(after, literal.span());
        Some(literal)
    }

    /// The longest symbol that starts here.
    fn read_symbol(&self) -> Option<Symbol<'a>> {
        let mut read: Vec<(char, Span, Cursor)> = Vec::with_capacity(3);
        let mut cursor = self.cursor;
        while let Some((punct, after)) = cursor.punct().filter(|_| read.len() < 3) {
            read.push((punct.as_char(), punct.span(), after));
            if punct.spacing() == Spacing::Alone {
                break;
            }
            cursor = after;
        }
        let starts = |text: &str| text.len() <= read.len() && text.chars().zip(&read).all(|(c, r)| c == r.0);
        let text = SYMBOLS.iter().find(|text| starts(text))?;
        let (_, last, after) = read[text.len() - 1];
        Some(Symbol { text, range: SpanRange { first: read[0].1, last }, after })
    }

    /// The text of the symbol here.
    pub fn symbol(&self) -> Option<&'static str> {
        self.read_symbol().map(|symbol| symbol.text)
    }

    /// Whether the symbol here is `text`, no more and no less.
    pub fn is(&self, text: &str) -> bool {
        self.symbol() == Some(text)
    }

    /// Takes the symbol here if it is `text`.
    pub fn eat(&mut self, text: &str) -> Option<SpanRange> {
        let symbol = self.read_symbol().filter(|symbol| symbol.text == text)?;
        self.go(symbol.after, symbol.range.last);
        Some(symbol.range)
    }

    /// Takes the symbol `text` or says that it was expected.
    pub fn expect(&mut self, text: &str) -> Result<SpanRange, Diag> {
        self.eat(text).ok_or_else(|| self.expected(&format!("`{text}`")))
    }

    /// Whether a group of that delimiter is here.
    pub fn is_group(&self, delimiter: Delimiter) -> bool {
        self.cursor.group(delimiter).is_some()
    }

    /// Takes the group of that delimiter here: its contents and its range.
    pub fn enter(&mut self, delimiter: Delimiter) -> Option<(Tokens<'a>, SpanRange)> {
        let (inner, span, after) = self.cursor.group(delimiter)?;
        let end_text = match delimiter {
            Delimiter::Parenthesis => "`)`",
            Delimiter::Bracket => "`]`",
            Delimiter::Brace => "`}`",
            Delimiter::None => "its end",
        };
        let mut inside =
            Tokens { cursor: inner, last: span.open(), end: span.close(), end_text, depth: self.depth };
        inside.settle();
        self.go(after, span.close());
        Some((inside, SpanRange { first: span.open(), last: span.close() }))
    }

    /// Takes a group without delimiters if it holds several tokens: an expression that a macro forwarded, which
    /// is an operand whatever operators it holds.
    pub fn enter_unit(&mut self) -> Option<Tokens<'a>> {
        let mut ahead = *self;
        let (mut unit, _) = ahead.enter(Delimiter::None)?;
        while unit.holds_one() {
            unit = unit.enter(Delimiter::None)?.0;
        }
        *self = ahead;
        Some(unit)
    }

    fn holds_one(&self) -> bool {
        self.cursor.token_tree().is_some_and(|(_, rest)| is_blank(rest))
    }

    /// Parses a part one level further in.
    pub fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, Diag>) -> Result<T, Diag> {
        if self.depth >= MAX_DEPTH {
            return Err(say::too_deep(self.here()));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    /// Takes one token, whatever it is.
    pub fn skip(&mut self) {
        if let Some((tree, after)) = self.cursor.token_tree() {
            self.go(after, tree.span());
        }
    }

    /// Takes one token, whatever it is, and hands it over.
    pub fn take_tree(&mut self) -> Option<TokenTree> {
        let (tree, after) = self.cursor.token_tree()?;
        self.go(after, tree.span());
        Some(tree)
    }

    /// Everything up to the symbol `text`, or to the end.
    pub fn take_until(&mut self, text: &str) -> TokenStream {
        let mut taken = TokenStream::new();
        while !self.is(text) {
            let Some(tree) = self.take_tree() else { break };
            taken.extend([tree]);
        }
        taken
    }

    /// Skips to just after the next symbol `text`, or to the end.
    pub fn skip_past(&mut self, text: &str) {
        while !self.at_end() && self.eat(text).is_none() {
            self.skip();
        }
    }

    /// The range of the token here; at the end, of what closes the sequence.
    pub fn here(&self) -> SpanRange {
        if let Some(symbol) = self.read_symbol() {
            return symbol.range;
        }
        let delimiters = [Delimiter::Parenthesis, Delimiter::Bracket, Delimiter::Brace];
        if let Some((_, span, _)) = delimiters.iter().find_map(|d| self.cursor.group(*d)) {
            return SpanRange { first: span.open(), last: span.close() };
        }
        if self.at_end() { self.end.into() } else { self.first_span().into() }
    }

    fn first_span(&self) -> Span {
        let ident = self.cursor.ident().map(|(ident, _)| ident.span());
        let literal = || self.cursor.literal().map(|(literal, _)| literal.span());
        ident.or_else(literal).unwrap_or_else(|| self.cursor.span())
    }

    /// The token read last.
    pub fn last(&self) -> SpanRange {
        self.last.into()
    }

    /// What stands here, in words for messages.
    pub fn found(&self) -> String {
        if self.at_end() {
            return self.end_text.into();
        }
        if self.is("#") {
            return "an attribute".into();
        }
        let groups = [
            (Delimiter::Parenthesis, "`(..)`"),
            (Delimiter::Bracket, "`[..]`"),
            (Delimiter::Brace, "`{..}`"),
        ];
        if let Some((_, text)) = groups.iter().find(|(delimiter, _)| self.is_group(*delimiter)) {
            return (*text).into();
        }
        let text = match (self.ident(), self.literal(), self.symbol()) {
            (Some(ident), ..) => ident.to_string(),
            (_, Some(literal), _) => literal.to_string(),
            (.., Some(symbol)) => symbol.into(),
            _ => "'".into(),
        };
        if text.contains('"') { "a string".into() } else { format!("`{text}`") }
    }

    /// "expected .., found ..", at the token here.
    pub fn expected(&self, what: &str) -> Diag {
        say::expected(self.here(), what, &self.found())
    }
}

/// Whether only groups without delimiters and without contents are left.
fn is_blank(mut cursor: Cursor) -> bool {
    while let Some((_, _, after)) = cursor.group(Delimiter::None).filter(|(inner, ..)| is_blank(*inner)) {
        cursor = after;
    }
    cursor.eof()
}

/// Parses `each` as often as there is one, with `,` between and allowed at the end.
pub(super) fn list<'a, T>(
    mut tokens: Tokens<'a>,
    mut each: impl FnMut(&mut Tokens<'a>) -> Result<T, Diag>,
    wrong: impl Fn(&Tokens<'a>) -> Diag,
) -> Result<Vec<T>, Diag> {
    let mut items = Vec::new();
    while !tokens.at_end() {
        items.push(each(&mut tokens)?);
        if tokens.eat(",").is_none() && !tokens.at_end() {
            return Err(wrong(&tokens));
        }
    }
    Ok(items)
}

/// How deep the groups of a stream nest; walks with its own stack, so that no depth is too much for it.
pub(super) fn group_depth(tokens: &TokenStream) -> usize {
    let mut open = vec![tokens.clone().into_iter()];
    let mut deepest = 0;
    while let Some(stream) = open.last_mut() {
        match stream.next() {
            Some(TokenTree::Group(group)) => open.push(group.stream().into_iter()),
            Some(_) => {}
            None => {
                deepest = deepest.max(open.len() - 1);
                open.pop();
            }
        }
    }
    deepest
}
