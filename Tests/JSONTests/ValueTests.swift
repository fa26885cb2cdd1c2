import FoundationEssentials
import JSON
import Testing

@Suite struct ValueTests {
    @Test func readsOnThroughWhatIsAbsent() throws {
        let value = try JSONValue(parsing: #"{"a":{"b":[1,{"c":"x"}]},"t":true,"n":null,"s":"0.0000025"}"#.utf8)
        #expect(value["a"]["b"][1]["c"]?.stringValue == "x")
        #expect(value["a"]["nothing"]["c"] == nil)
        #expect(value["a"]["b"][7] == nil)
        #expect(value["t"]?.boolValue == true)
        #expect(value["n"]?.isNull == true)
        #expect(value["s"]?.decimalValue == nil)
        #expect(value["s"]?.decimalReadingStrings() == Decimal(sign: .plus, exponent: -7, significand: 25))
        #expect(value["a"]["b"][0]?.int64Value == 1)
        #expect(value["a"]?.stringValue == nil)
    }

    @Test func isWrittenAsItStands() {
        let value: JSONValue = ["status": "ok", "revision": 17, "list": [1, nil, true, [:], []], "big": .number(18)]
        #expect(value.serializedString() == #"{"status":"ok","revision":17,"list":[1,null,true,{},[]],"big":18}"#)
        #expect(
            value.serializedString(.pretty) == """
                {
                  "status": "ok",
                  "revision": 17,
                  "list": [
                    1,
                    null,
                    true,
                    {},
                    []
                  ],
                  "big": 18
                }
                """
        )
        #expect(
            value.serializedString(.canonical) == #"{"big":18,"list":[1,null,true,{},[]],"revision":17,"status":"ok"}"#
        )
    }

    @Test func canonicalTextSortsByBytesAtEveryLevel() throws {
        let value: JSONValue = ["b": ["z": 1, "é": 2, "e\u{301}": 3, "Z": 4], "a": [["y": 1, "x": 2]]]
        #expect(
            value.serializedString(.canonical)
                == "{\"a\":[{\"x\":2,\"y\":1}],\"b\":{\"Z\":4,\"e\u{301}\":3,\"z\":1,\"é\":2}}"
        )
    }

    @Test func escapesOnlyWhatMustBe() {
        let string = "\u{0}\u{1}\u{8}\t\n\u{B}\u{C}\r\u{1F} \"\\/é\u{2028}😀\u{7F}"
        let text = #""\u0000\u0001\b\t\n\u000b\f\r\u001f \"\\/"# + "é\u{2028}😀\u{7F}\""
        #expect(JSONValue.string(string).serializedString() == text)
    }

    @Test func absentValuesAreNull() {
        #expect(JSONValue(nil as String?) == .null)
        #expect(JSONValue(nil as Int?) == .null)
        #expect(JSONValue(Decimal.nan) == .null)
        #expect(
            JSONValue(Decimal(sign: .plus, exponent: -23, significand: 8_333_333_333_333_334)).serializedString()
                == "0.00000008333333333333334"
        )
        #expect(JSONNumber(Double.infinity) == nil)
        #expect(JSONNumber(Decimal.nan) == nil)
    }

    @Test func aRepeatedNameKeepsItsLastValueAndItsFirstPlace() throws {
        let value = try JSONValue(parsing: #"{"a":1,"b":2,"\u0061":3}"#.utf8)
        #expect(value.serializedString() == #"{"a":3,"b":2}"#)
    }

    @Test(arguments: [3, 200]) func namesAreComparedByteByByte(_ others: Int) {
        var object: JSONObject = ["\u{E9}": 1, "e\u{301}": 2, "\u{212B}": 3, "\u{C5}": 4, "A\u{30A}": 5]
        for index in 0..<others { object["other \(index)"] = 0 }
        #expect(object.count == 5 + others)
        #expect(object["\u{E9}"] == 1)
        #expect(object["e\u{301}"] == 2)
        #expect(object["\u{C5}"] == 4)
    }

    @Test func objectsAreEqualInAnyOrder() {
        let one: JSONObject = ["a": 1, "b": 2]
        let other: JSONObject = ["b": 2, "a": 1]
        #expect(one == other)
        #expect(one.hashValue == other.hashValue)
        #expect(one != ["a": 1])
        #expect(one != ["a": 1, "b": 3])
        #expect(one != ["a": 1, "c": 2])
    }

    @Test func objectFollowsAnOrderedDictionary() {
        var random = Randomness(seed: Randomness.seed(for: "objectFollowsAnOrderedDictionary"))
        for _ in 0..<200 {
            var object = JSONObject()
            var model: [(String, JSONValue)] = []
            for _ in 0..<Int.random(in: 0..<80, using: &random) {
                let key = String(Int.random(in: 0..<30, using: &random))
                let value: JSONValue? =
                    Int.random(in: 0..<4, using: &random) == 0 ? nil : RandomJSON.value(&random, depth: 0)
                object[key] = value
                let place = model.firstIndex { $0.0 == key }
                switch (place, value) {
                case (.some(let place), .some(let value)): model[place].1 = value
                case (.some(let place), nil): model.remove(at: place)
                case (nil, .some(let value)): model.append((key, value))
                case (nil, nil): break
                }
                #expect(object.keys == model.map(\.0))
                #expect(object.map(\.value) == model.map(\.1))
                #expect(object[key] == value)
            }
        }
    }
}

@Suite struct RepeatedNameTests {
    @Test(arguments: [
        (#"{"a": 1, "a": 1}"#, "a", 10), (#"{"x": [{"b": 1, "c": 2, "\u0062": 3}]}"#, "b", 25),
        (#"{"é": 1, "\u00e9": 2}"#, "é", 10),
    ])
    func areRefusedWhereTheyMayNotBe(_ text: String, _ name: String, _ column: Int) throws {
        _ = try JSONValue(parsing: text.utf8)
        let error = #expect(throws: JSONError.self) {
            try JSONValue(parsing: text.utf8, limits: JSONLimits(allowsRepeatedNames: false))
        }
        #expect(error?.code == .repeatedName)
        #expect(error?.message.contains("“\(name)”") == true)
        #expect(error?.column == column)
    }

    @Test func theSameNameInDifferentObjectsIsNoRepetition() throws {
        let text = #"{"a": {"a": [{"a": 1}, {"a": 2}]}, "b": {"a": 3}, "A": 4, "e\u0301": 1, "é": 2}"#
        let value = try JSONValue(parsing: text.utf8, limits: JSONLimits(allowsRepeatedNames: false))
        #expect(value.objectValue?.count == 5)
    }
}
