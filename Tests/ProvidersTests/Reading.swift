import FoundationEssentials
import HTTPTypes
import JSON
import Providers

/// Reads a list that is given as text, as Discovery would read it from the wire. Endpoints beyond the pages given are not
/// there.
func read(
    _ definition: ProviderDefinition,
    _ pages: String...,
    host: String = "provider.example"
) throws -> ListedModels {
    var run = ListingRun(definition.listing, context: ListingContext(host: host))
    for page in pages { try run.read(ListingResponse(body: Array(page.utf8))) }
    while let next = run.next, next.source > 0 { try run.read(ListingResponse(status: 404, body: [])) }
    return try run.result()
}

/// The one model of a list of one.
func readOne(
    _ definition: ProviderDefinition,
    _ page: String,
    host: String = "provider.example"
) throws -> ListedModel {
    let list = try read(definition, page, host: host)
    guard list.models.count == 1, let model = list.models.first else {
        throw ListingError(.unexpectedShape, "\(list.models.count) models, skipped: \(list.skipped)")
    }
    return model
}

/// A number's spelling without exponent, leading and trailing zeros, made by moving characters: no arithmetic that could
/// share a mistake with the code under test.
func plain(_ spelling: String, shiftedBy places: Int = 0) -> String {
    var rest = Substring(spelling.lowercased())
    let isNegative = rest.hasPrefix("-")
    if isNegative || rest.hasPrefix("+") { rest = rest.dropFirst() }
    let sides = rest.split(separator: "e", omittingEmptySubsequences: false)
    let exponent = sides.count > 1 ? Int(sides[1]) ?? 0 : 0
    let parts = sides[0].split(separator: ".", omittingEmptySubsequences: false)
    var whole = String(parts[0])
    var fraction = parts.count > 1 ? String(parts[1]) : ""
    let shift = exponent + places
    // No price is this large or small; damaged ones have exponents that would fill the memory with zeros.
    guard abs(shift) < 400 else { return spelling }
    for _ in 0..<max(0, shift) { whole.append(fraction.isEmpty ? "0" : fraction.removeFirst()) }
    for _ in 0..<max(0, -shift) { fraction.insert(whole.isEmpty ? "0" : whole.removeLast(), at: fraction.startIndex) }
    while whole.first == "0" { whole.removeFirst() }
    while fraction.last == "0" { fraction.removeLast() }
    let number = (whole.isEmpty ? "0" : whole) + (fraction.isEmpty ? "" : "." + fraction)
    return number == "0" || !isNegative ? number : "-" + number
}

/// Lists that providers really sent, in the folder that `ROSTER_RECORDINGS` names, or in its subfolder `providers`.
enum Recordings {
    static let folder: String? = {
        guard let named = ProcessInfo.processInfo.environment["ROSTER_RECORDINGS"], !named.isEmpty else { return nil }
        let inside = named + "/providers"
        return FileManager.default.fileExists(atPath: inside) ? inside : named
    }()

    static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: (self.folder ?? "") + "/" + path)))
    }
}
