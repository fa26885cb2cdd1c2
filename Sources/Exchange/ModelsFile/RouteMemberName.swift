import JSON

/// Members of routes as people write them.
enum RouteMemberName {
    /// Only the name of a model, where a member says nothing else; otherwise what it says beside.
    static func bare(_ member: JSONValue) -> JSONValue {
        guard var object = member.objectValue, let model = object["model"] else { return member }
        if object["weight"]?.int64Value == 1 { object["weight"] = nil }
        if object["requires"]?.arrayValue?.isEmpty == true { object["requires"] = nil }
        if object["max_price"]?.isNull == true { object["max_price"] = nil }
        return object.count == 1 ? model : .object(object)
    }

    /// The model that a member names.
    static func model(of member: JSONValue) -> String? { member.stringValue ?? member["model"]?.stringValue }

    /// The member with another name for its model.
    static func renamed(_ member: JSONValue, to model: String) -> JSONValue {
        guard var object = member.objectValue else { return .string(model) }
        object["model"] = .string(model)
        return .object(object)
    }
}
