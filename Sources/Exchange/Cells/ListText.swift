/// A list in one cell: `a; b; c`.
///
/// A backslash takes its special meaning from the character that follows: `\;` is a semicolon within an element, `\\` a
/// backslash, and a space after one belongs to the element. `\0` is an element without characters. Nothing is lost on
/// the way there and back.
enum ListText {
    /// Writes a list.
    static func written(_ elements: [String]) -> String {
        elements.map(self.element).joined(separator: "; ")
    }

    /// Reads a list; what stands between two separators and is nothing but spaces is no element.
    ///
    /// - Parameter text: The cell.
    /// - Returns: The elements.
    /// - Throws: `CellRefusal` for a backslash before nothing.
    static func read(_ text: String) throws(CellRefusal) -> [String] {
        var elements: [String] = []
        var element: [UnicodeScalar] = []
        // As far as these, spaces at the end belong to the element.
        var kept = 0
        var isEmptyText = false
        var isEscaped = false
        func end() {
            let content = String(String.UnicodeScalarView(element.prefix(max(kept, Self.trimmedCount(element)))))
            if !content.isEmpty || isEmptyText { elements.append(content) }
            element.removeAll()
            kept = 0
            isEmptyText = false
        }
        for scalar in text.unicodeScalars {
            if isEscaped {
                isEscaped = false
                if scalar == "0" {
                    isEmptyText = true
                } else {
                    element.append(scalar)
                    kept = element.count
                }
            } else if scalar == "\\" {
                isEscaped = true
            } else if scalar == ";" {
                end()
            } else if !element.isEmpty || !scalar.properties.isWhitespace {
                element.append(scalar)
            }
        }
        guard !isEscaped else { throw CellRefusal("A backslash ends the list. Write \\\\ for one that belongs to it.") }
        end()
        return elements
    }

    private static func element(_ text: String) -> String {
        guard !text.isEmpty else { return "\\0" }
        let scalars = Array(text.unicodeScalars)
        var written = String.UnicodeScalarView()
        for (place, scalar) in scalars.enumerated() {
            let isEdge = place == 0 || place == scalars.count - 1
            if scalar == ";" || scalar == "\\" || (isEdge && scalar.properties.isWhitespace) { written.append("\\") }
            written.append(scalar)
        }
        return String(written)
    }

    private static func trimmedCount(_ scalars: [UnicodeScalar]) -> Int {
        var count = scalars.count
        for scalar in scalars.reversed() {
            guard scalar.properties.isWhitespace else { break }
            count -= 1
        }
        return count
    }
}
