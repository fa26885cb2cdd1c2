/// How much of a text one reader accepts before it refuses it.
package struct JSONLimits: Sendable, Hashable {
    /// The deepest nesting of arrays and objects, 1...``deepest``.
    package let depth: Int

    /// The longest text, in bytes.
    package let bytes: Int

    /// The depth that no caller can raise: readers and writers descend one stack frame per level.
    package static let deepest = 512

    /// 64 levels and 64 MiB.
    package static let standard = JSONLimits()

    /// Sets limits; a depth outside 1...``deepest`` is moved to the nearer end.
    package init(depth: Int = 64, bytes: Int = 64 << 20) {
        self.depth = min(max(depth, 1), Self.deepest)
        self.bytes = max(bytes, 0)
    }
}
