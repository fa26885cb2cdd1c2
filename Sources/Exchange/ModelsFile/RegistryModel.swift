import FoundationEssentials
import JSON
import Providers
import Registry

/// A model of the registry with what a `models.yaml` says of it.
struct RegistryModel: Sendable {
    let row: JSONObject
    let provider: String
    let adapter: String
    let apiName: String
    /// Whether requests may use it.
    let isAvailable: Bool

    /// The member of `metadata` that keeps what a file says and the registry has no column for: `id`, `type`, `config`
    /// beyond `model_name`, and `entry` for keys beside it.
    static let metadataKey = "models_yaml"

    /// The size written for a model of which nothing is known.
    static let fallbackSize: Decimal = 7

    /// Every model, by provider and API name.
    static func all(in contents: RegistryContents) -> [RegistryModel] {
        let providers = Dictionary(
            contents.rows(of: .providers).compactMap { row in row["slug"]?.stringValue.map { ($0, row) } },
            uniquingKeysWith: { first, _ in first }
        )
        return contents.rows(of: .models).compactMap { row -> RegistryModel? in
            guard let provider = row["provider"]?.stringValue, let apiName = row["provider_model_id"]?.stringValue
            else {
                return nil
            }
            let offeredBy = providers[provider]
            return RegistryModel(
                row: row,
                provider: provider,
                adapter: offeredBy?["adapter"]?.stringValue ?? provider,
                apiName: apiName,
                isAvailable: row["is_active"]?.boolValue == true && offeredBy?["is_active"]?.boolValue == true
            )
        }
        .sorted { ($0.provider, $0.apiName) < ($1.provider, $1.apiName) }
    }

    var qualifiedName: String { "\(self.provider)/\(self.apiName)" }

    /// What a file said of it beyond its columns.
    var own: JSONObject { self.row["metadata"]?[Self.metadataKey]?.objectValue ?? [:] }

    /// The id under which a file has it: the one that it was imported under, else provider and API name. A slug has no
    /// underscore, so that two models never share one.
    var modelsFileID: String { self.own["id"]?.stringValue ?? "\(self.provider)_\(self.apiName)" }

    /// How a program talks to its provider.
    var type: String { self.own["type"]?.stringValue ?? self.adapter }

    /// Its size as the registry knows it, else as known of models of this name, else the fallback.
    var size: ModelsFile.Size {
        if let known = self.row["size_b"]?.decimalReadingStrings() {
            let isPinned = self.row["pinned"]?.arrayValue?.contains("size_b") ?? false
            let isEstimated = self.row["sources"]?["size_b"]?.stringValue == FieldOrigin.estimated.rawValue
            return ModelsFile.Size(billions: known, isEstimated: isEstimated && !isPinned)
        }
        let found = ModelName.size(self.apiName) ?? self.row["model_name"]?.stringValue.flatMap { ModelName.size($0) }
        return ModelsFile.Size(
            billions: found?.billions ?? Self.fallbackSize,
            isEstimated: found.map { $0.origin == .estimated } ?? true
        )
    }
}

/// Gives each new entry of a file an id that nothing else has.
struct ModelIDs {
    private var taken: Set<String>
    private let reserved: Set<String>

    /// - Parameters:
    ///   - taken: Ids of entries that stay.
    ///   - reserved: Ids that models would like to have, so that none gets the wish of another.
    init(taken: [String], reserved: [String]) {
        self.taken = Set(taken)
        self.reserved = Set(reserved)
    }

    /// The id itself, or the first of `id_2`, `id_3` … that is free.
    mutating func next(_ wished: String) -> String {
        var id = wished
        var number = 2
        while self.taken.contains(id) || (number > 2 && self.reserved.contains(id)) {
            id = "\(wished)_\(number)"
            number += 1
        }
        self.taken.insert(id)
        return id
    }
}

/// The order in which people look for names: numbers by their value, letters without regard to case.
enum NaturalOrder {
    static func precedes(_ left: String, _ right: String) -> Bool {
        var (first, second) = (Array(left.lowercased().utf8)[...], Array(right.lowercased().utf8)[...])
        while let one = first.first, let other = second.first {
            if self.isDigit(one), self.isDigit(other) {
                let (number, another) = (self.takeNumber(&first), self.takeNumber(&second))
                if number.count != another.count { return number.count < another.count }
                if number != another { return number.lexicographicallyPrecedes(another) }
            } else if one != other {
                return one < other
            } else {
                first.removeFirst()
                second.removeFirst()
            }
        }
        if first.isEmpty != second.isEmpty { return first.isEmpty }
        // Only zeros in front or the case of letters differ.
        return left < right
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func takeNumber(_ bytes: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let digits = bytes.prefix(while: self.isDigit)
        bytes = bytes.dropFirst(digits.count)
        return digits.drop { $0 == UInt8(ascii: "0") }
    }
}
