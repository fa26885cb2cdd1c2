/// Keeps text from running as a formula when a spreadsheet opens the file, and takes nothing away: what was written is what
/// is read.
///
/// A text that a spreadsheet might run gets an apostrophe before it, and so does one that already looks as if it had been
/// given one. Reading takes one apostrophe away exactly where writing would have put one. Excel shows the apostrophe and
/// saves it again. Numbers are not text: `-1` stays `-1`.
enum FormulaGuard {
    private static let risky: Set<UnicodeScalar> = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"]

    /// What to write for a text.
    static func written(_ text: String) -> String {
        self.isRisky(text[...]) ? "'" + text : text
    }

    /// The text that was meant by what was written.
    static func read(_ cell: String) -> String {
        guard cell.utf8.first == UInt8(ascii: "'"), self.isRisky(cell.dropFirst()) else { return cell }
        return String(cell.dropFirst())
    }

    /// Whether a spreadsheet might run a text, or reading would take an apostrophe from it.
    ///
    /// OWASP, "CSV Injection": `=`, `+`, `-`, `@`, tab, carriage return, line feed, and the full-width forms that some
    /// versions of Excel understand as well. Spaces before them do not help.
    private static func isRisky(_ text: Substring) -> Bool {
        let first = text.unicodeScalars.drop { $0 == "'" }.first { $0 != " " }
        return first.map { self.risky.contains($0) } ?? false
    }
}
