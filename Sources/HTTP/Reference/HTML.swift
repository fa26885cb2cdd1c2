/// Text of a page in which nothing that is put in can become markup.
struct HTML: Sendable, ExpressibleByStringInterpolation {
    /// The markup.
    private(set) var text: String

    init(stringLiteral value: String) {
        self.text = value
    }

    init(stringInterpolation: Interpolation) {
        self.text = stringInterpolation.text
    }

    /// Several pieces, one after the other.
    static func joined(_ pieces: some Sequence<HTML>) -> HTML {
        var joined: HTML = ""
        for piece in pieces { joined.text += piece.text }
        return joined
    }

    /// Literals are markup; what is interpolated is text, unless it is ``HTML`` itself.
    struct Interpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) {
            self.text.reserveCapacity(literalCapacity + 16 * interpolationCount)
        }

        mutating func appendLiteral(_ literal: String) {
            self.text += literal
        }

        mutating func appendInterpolation(_ value: String) {
            for character in value.unicodeScalars {
                switch character {
                case "&": self.text += "&amp;"
                case "<": self.text += "&lt;"
                case ">": self.text += "&gt;"
                case "\"": self.text += "&quot;"
                case "'": self.text += "&#39;"
                default: self.text.unicodeScalars.append(character)
                }
            }
        }

        mutating func appendInterpolation(_ piece: HTML) {
            self.text += piece.text
        }
    }
}
