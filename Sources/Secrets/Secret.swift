/// A password or key that cannot be printed by accident.
///
/// Interpolating, dumping, logging or describing it gives `‹secret›`; whoever needs the characters says so with
/// ``exposed``, which a reviewer can search for.
public struct Secret: Sendable, Hashable {
    /// The characters themselves. Name it only where they leave the process.
    public let exposed: String

    /// Wraps characters that must not be printed.
    public init(_ characters: String) {
        self.exposed = characters
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Never the characters.
    public var description: String { "‹secret›" }

    /// Never the characters.
    public var debugDescription: String { "‹secret›" }

    /// No children, so that `dump` and `Mirror` find nothing.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}
