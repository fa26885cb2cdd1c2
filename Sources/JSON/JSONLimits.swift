/// How much of a text one reader accepts before it refuses it.
package struct JSONLimits: Sendable, Hashable {
    /// The deepest nesting of arrays and objects, 1...``deepest``.
    package let depth: Int

    /// The longest text, in bytes.
    package let bytes: Int

    /// The most values that are built from one text: each takes some fifty bytes of memory, and may be two bytes of text.
    package let values: Int

    /// The most members that are found in one object, or elements in one array, by the scanner.
    package let members: Int

    /// Whether an object may have two members of one name. Readers differ on which of them counts, so that a text with such
    /// an object may mean one thing to whoever wrote it and another here.
    package let allowsRepeatedNames: Bool

    /// The depth that no caller can raise: readers and writers descend one stack frame per level.
    package static let deepest = 512

    /// 64 levels, 64 MiB, two million values, 4,096 scanned members.
    package static let standard = JSONLimits()

    /// Sets limits; a depth outside 1...``deepest`` is moved to the nearer end.
    package init(
        depth: Int = 64,
        bytes: Int = 64 << 20,
        values: Int = 2_000_000,
        members: Int = 4_096,
        allowsRepeatedNames: Bool = true
    ) {
        self.allowsRepeatedNames = allowsRepeatedNames
        self.depth = min(max(depth, 1), Self.deepest)
        self.bytes = max(bytes, 0)
        self.values = max(values, 1)
        self.members = max(members, 1)
    }
}
