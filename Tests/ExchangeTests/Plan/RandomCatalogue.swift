import Exchange
import JSON
import Registry

/// Catalogues that a registry may have had.
enum RandomCatalogue {
    static func make(_ random: inout Randomness) throws -> Catalogue {
        let slugs = ["openai", "acme", "local-1"].filter { _ in random.next() % 4 != 0 }
        var models: [JSONObject] = []
        for slug in slugs {
            for number in 0..<8 where random.next() % 3 != 0 { models.append(self.model(slug, number, &random)) }
        }
        let routes = ["default", "cheap", "a"].filter { _ in random.next() % 3 != 0 }.map { name -> JSONObject in
            let members = (0..<Int(random.next() % 3)).map { _ -> JSONValue in
                random.next() % 2 == 0
                    ? "m\(random.next() % 8)"
                    : [
                        "model": .string("acme/m\(random.next() % 8)"), "weight": JSONValue(random.next() % 5),
                        "requires": random.next() % 2 == 0 ? [] : ["tools"],
                        "max_price": random.next() % 2 == 0 ? .null : "0.00010",
                    ]
            }
            return [
                "name": .string(name), "strategy": random.next() % 2 == 0 ? "ordered" : "weighted",
                "members": .array(members), "description": random.next() % 2 == 0 ? .null : "d",
                "is_active": .bool(random.next() % 4 != 0),
            ]
        }
        let providers = slugs.map { slug -> JSONObject in
            [
                "slug": .string(slug), "name": .string("\(slug) \(random.next() % 2)"), "kind": "text",
                "adapter": "openai-compatible", "is_active": .bool(random.next() % 5 != 0),
                "refresh_interval": random.next() % 2 == 0 ? "01:00:00" : "1 hour",
                "base_url": random.next() % 2 == 0 ? .null : "https://example.com/v1",
            ]
        }
        let tables: JSONObject = [
            "providers": .array(providers.map { .object($0) }), "models": .array(models.map { .object($0) }),
            "routes": .array(routes.map { .object($0) }),
        ]
        return try Catalogue(["format": "roster-catalogue", "version": 1, "tables": .object(tables)], named: "random")
    }

    private static func model(_ slug: String, _ number: Int, _ random: inout Randomness) -> JSONObject {
        func maybe(_ value: JSONValue) -> JSONValue { random.next() % 3 == 0 ? .null : value }
        let pinnable = ["description", "pricing_prompt", "size_b", "tags", "is_active", "context_length"]
        var row: JSONObject = [
            "provider": .string(slug), "provider_model_id": .string("m\(number)"),
            "model_name": .string("Model \(random.next() % 3)"), "description": maybe("d\(random.next() % 3)\nmore"),
            "pricing_prompt": maybe(.string("0.00000\(random.next() % 3)50")),
            "pricing_completion": maybe(.number(JSONNumber(spelling: "1e-\(5 + random.next() % 3)") ?? 0)),
            "context_length": maybe(JSONValue(1000 + random.next() % 3)),
            "supports_tools": maybe(.bool(random.next() % 2 == 0)),
            "size_b": maybe("7.50"), "tags": random.next() % 2 == 0 ? [] : ["a", "b"],
            "is_active": .bool(random.next() % 4 != 0), "is_recommended": .bool(random.next() % 4 == 0),
            "deprecation_date": maybe("2027-01-31"), "sort_order": maybe(JSONValue(random.next() % 4)),
            "notes": maybe("note"),
        ]
        // Some catalogues were written by hand and say nothing of pins, or not of every column.
        if random.next() % 4 != 0 {
            row["pinned"] = JSONValue(pinnable.filter { _ in random.next() % 3 == 0 })
        } else {
            row["notes"] = nil
        }
        return row
    }
}
