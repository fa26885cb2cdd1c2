import FoundationEssentials
import JSON
import Providers
import Testing

/// Lists with bytes changed, removed, doubled and cut: nothing crashes, and no price comes out that the text does not spell.
@Suite struct DamageTests {
    @Test(arguments: Fixture.all) func damagedFixturesAreReadOrRefused(_ fixture: Fixture) throws {
        var random = Randomness(seed: Randomness.seed(for: "damagedFixturesAreReadOrRefused \(fixture.slug)"))
        var read = 0
        for _ in 0..<600 {
            var bytes = Array(fixture.list.utf8)
            for _ in 0..<Int.random(in: 1...5, using: &random) { Self.damage(&bytes, &random) }
            if try self.check(fixture, bytes) { read += 1 }
        }
        #expect(read > 10, "too few damaged lists could still be read for the test to mean something")
    }

    /// Members take each other's values, and values other types: what is read must still be spelled somewhere.
    @Test(arguments: Fixture.all) func shuffledValuesAreReadOrRefused(_ fixture: Fixture) throws {
        var random = Randomness(seed: Randomness.seed(for: "shuffledValuesAreReadOrRefused \(fixture.slug)"))
        let list = try JSONValue(parsing: Array(fixture.list.utf8))
        for _ in 0..<200 {
            _ = try self.check(fixture, Self.shuffled(list, &random).serialized())
        }
    }

    @Test(.enabled(if: Recordings.folder != nil, "ROSTER_RECORDINGS names no folder"), arguments: Recording.all)
    func damagedRecordingsAreReadOrRefused(_ recording: Recording) throws {
        var random = Randomness(seed: Randomness.seed(for: "damagedRecordingsAreReadOrRefused \(recording.path)"))
        let fixture = try #require(Fixture.all.first { $0.slug == recording.slug })
        let original = try Recordings.bytes(recording.path)
        for _ in 0..<(original.count > 100_000 ? 5 : 40) {
            var bytes = original
            // Changed inside strings and numbers, most lists still are JSON.
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                if (0x30...0x39).contains(bytes[place]) || (0x61...0x7A).contains(bytes[place]) {
                    bytes[place] = Array("0159aez-.".utf8).randomElement(using: &random) ?? 0x30
                } else {
                    Self.damage(&bytes, &random)
                }
            }
            _ = try self.check(fixture, source: recording.source, bytes)
        }
    }

    /// Reads a list; where that works, every price must be spelled in it, in the unit of the provider.
    private func check(_ fixture: Fixture, source: Int? = nil, _ bytes: [UInt8]) throws -> Bool {
        let definition = try #require(ProviderCatalog.definition(slug: fixture.slug, adapter: nil))
        let list: ListedModels
        do {
            list = try read(definition, source: source ?? fixture.source, bytes)
        } catch let error as ListingError {
            #expect(!error.message.isEmpty)
            return false
        }
        #expect(list.models.count + list.skipped.count == list.rowCount)
        var spellings: Set<String> = []
        Self.collect(try JSONValue(parsing: bytes), into: &spellings)
        let amounts = Set(spellings.flatMap { spelling in fixture.shifts.map { plain(spelling, shiftedBy: $0) } })
        for model in list.models {
            for price in PriceField.allCases {
                guard let amount = model.pricing[price], model.origin(of: price.field) != .curated else { continue }
                #expect(amount > 0 || (amount == 0 && fixture.zeroIsFree))
                let isSpelled =
                    amounts.contains(amount.description)
                    || (price == .image || price == .request) && spellings.contains { plain($0) == amount.description }
                #expect(isSpelled, "\(model.providerModelID): \(price) \(amount)")
            }
            #expect(model.contextLength ?? 1 > 0)
            #expect(!model.providerModelID.isEmpty)
            #expect(!model.canonicalName.isEmpty)
            #expect(model.sizeB ?? 1 > 0)
        }
        return true
    }

    /// Every number of a value, and every text that is spelled with a number's characters.
    private static func collect(_ value: JSONValue, into spellings: inout Set<String>) {
        switch value {
        case .number(let number): spellings.insert(number.spelling)
        case .string(let text) where !text.isEmpty && text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }):
            spellings.insert(text)
        case .array(let elements): for element in elements { self.collect(element, into: &spellings) }
        case .object(let members): for member in members { self.collect(member.value, into: &spellings) }
        case .null, .bool, .string: break
        }
    }

    /// The same value with some of its parts replaced.
    private static func shuffled(_ value: JSONValue, _ random: inout Randomness) -> JSONValue {
        if Int.random(in: 0..<25, using: &random) == 0 {
            let others: [JSONValue] = [
                nil, true, false, 0, -1, 7, 2_000_000_000_000, "", "0", "-1", "many", "1e400", "0x10", [], [nil], [:],
                ["prompt": "0"], [0], "１２",
            ]
            return others.randomElement(using: &random) ?? nil
        }
        switch value {
        case .null, .bool, .number, .string: return value
        case .array(let elements):
            return .array(elements.map { Self.shuffled($0, &random) })
        case .object(let members):
            return .object(JSONObject(members.map { ($0.key, Self.shuffled($0.value, &random)) }))
        }
    }

    private static func damage(_ bytes: inout [UInt8], _ random: inout Randomness) {
        guard !bytes.isEmpty else { return }
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1, 2: bytes[place] = Array(#"{}[]",:\u0159e-.+ x"#.utf8).randomElement(using: &random) ?? 0
        case 3: bytes.remove(at: place)
        case 4: bytes.insert(bytes[place], at: place)
        default: if Int.random(in: 0..<6, using: &random) == 0 { bytes.removeLast(bytes.count - place) }
        }
    }
}
