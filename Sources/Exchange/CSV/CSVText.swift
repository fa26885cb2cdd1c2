/// The bytes of a CSV file in UTF-8, whatever they came in, and where its first row begins.
struct CSVText {
    /// The text without its byte order mark. Only UTF-16 has been checked: what came as UTF-8 is checked cell by cell, so
    /// that a refusal can name the cell.
    let bytes: [UInt8]

    /// - Parameters:
    ///   - file: The bytes as they were received.
    ///   - limits: How many there may be.
    /// - Throws: `CSVError` for too many bytes, none, a workbook, and UTF-16 without a mark or with broken pairs.
    init(_ file: [UInt8], limits: CSVLimits) throws(CSVError) {
        guard file.count <= limits.bytes else {
            throw CSVError(
                .tooLarge,
                "The file has \(file.count) bytes, and \(limits.bytes) are accepted. Import it in parts."
            )
        }
        try Self.refuseWorkbooks(file)
        if file.starts(with: [0xFF, 0xFE]) {
            self.bytes = try Self.utf8(ofUTF16: file[2...], isLittleEndian: true)
        } else if file.starts(with: [0xFE, 0xFF]) {
            self.bytes = try Self.utf8(ofUTF16: file[2...], isLittleEndian: false)
        } else if file.starts(with: [0xEF, 0xBB, 0xBF]) {
            self.bytes = Array(file[3...])
        } else {
            self.bytes = file
        }
        // UTF-16 without a mark has a zero in every other byte of its first, Latin, characters.
        guard !self.bytes.prefix(64).contains(0) else {
            throw CSVError(
                .encoding,
                "The file is not text in UTF-8: it has zero bytes at its beginning, as UTF-16 without a byte order mark does. "
                    + Self.remedy
            )
        }
    }

    /// What a person can do about a file in another encoding.
    static let remedy = "In Excel choose “Save As” and the type “CSV UTF-8 (comma delimited)”."

    private static func refuseWorkbooks(_ file: [UInt8]) throws(CSVError) {
        // A zip archive, as .xlsx and .ods are, and the compound file of the older .xls.
        let isArchive = file.starts(with: [0x50, 0x4B, 0x03, 0x04])
        guard isArchive || file.starts(with: [0xD0, 0xCF, 0x11, 0xE0]) else { return }
        throw CSVError(
            .notText,
            "This is a workbook (.\(isArchive ? "xlsx or .ods" : "xls")), not a CSV file. \(Self.remedy)"
        )
    }

    private static func utf8(ofUTF16 units: ArraySlice<UInt8>, isLittleEndian: Bool) throws(CSVError) -> [UInt8] {
        guard units.count.isMultiple(of: 2) else {
            throw CSVError(
                .encoding,
                "The file is UTF-16 and ends in the middle of a character: it has probably been cut."
            )
        }
        let low = isLittleEndian ? 0 : 1
        let words = stride(from: units.startIndex, to: units.endIndex, by: 2).map { place in
            UInt16(units[place + low]) | UInt16(units[place + 1 - low]) << 8
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(words.count)
        let isBroken = transcode(
            words.makeIterator(),
            from: UTF16.self,
            to: UTF8.self,
            stoppingOnError: true,
            into: { bytes.append($0) }
        )
        guard !isBroken else {
            let row = bytes.count { $0 == UInt8(ascii: "\n") } + 1
            throw CSVError(
                .encoding,
                row: row,
                "Here is half a character of UTF-16: the file is damaged. Export it again."
            )
        }
        return bytes
    }
}
