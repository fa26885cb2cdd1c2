import FoundationEssentials
import JSON
import Registry

extension JSONValue {
    /// A moment as RFC 3339 has it, in UTC; `null` for none.
    init(_ moment: Date?) {
        self = moment.map { .string($0.formatted(.iso8601)) } ?? .null
    }

    /// An exact decimal as a string, because a reader of JSON numbers may round; `null` for unknown, which is not free.
    init(exact decimal: Decimal?) {
        self = decimal.map { .string($0.description) } ?? .null
    }
}
