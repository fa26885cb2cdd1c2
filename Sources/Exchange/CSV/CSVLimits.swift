/// How much a CSV file may hold; what goes beyond is refused with its place.
package struct CSVLimits: Sendable, Hashable {
    /// The most bytes of the file.
    package var bytes = 64 << 20
    /// The most rows, the header and empty ones included.
    package var rows = 200_000
    /// The most cells of a row.
    package var columns = 200
    /// The most bytes of a cell, in UTF-8.
    package var cell = 64 << 10

    /// What a catalogue needs, with much room.
    package static let standard = CSVLimits()

    /// The standard ones, to be changed.
    package init() {}
}
