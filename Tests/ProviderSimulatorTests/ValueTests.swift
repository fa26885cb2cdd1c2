import Testing

@testable import ProviderSimulator

@Suite("Values")
struct ValueTests {
    @Test(
        "A behaviour reads as it is written, and is written as it reads",
        arguments: [
            "", "latency=200ms", "delay=1.5s,tokens=50", "status=429,retry-after=7", "html", "invalid-json",
            "error-event",
            "cut=before-headers", "cut=after-headers", "reset=middle", "hang=event:3", "cut=byte:120", "slow=16/50ms",
            "content-length=-10", "endless-header",
            "latency=0,delay=3us,tokens=0,status=200,html,hang=byte:0,slow=1/1h",
        ]
    )
    func roundTrip(text: String) throws {
        let behaviour = try Behaviour(parsing: text)
        #expect(try Behaviour(parsing: behaviour.description) == behaviour)
    }

    @Test("Spellings")
    func spellings() throws {
        #expect(try Behaviour(parsing: " Latency = 2s ; TOKENS=3 ").latency == .seconds(2))
        #expect(try Behaviour(parsing: "hang").rupture == .init(.hang, .beforeHeaders))
        #expect(try Behaviour(parsing: "cut=mid-stream") == (try Behaviour(parsing: "cut=middle")))
        #expect(try Behaviour(parsing: "content-length=+10").contentLengthError == 10)
    }

    @Test(
        "What cannot be read is refused with its name",
        arguments: [
            "latency", "latency=5", "latency=-5ms", "latency=2h", "latency=nan s", "latency=infs", "tokens=x",
            "tokens=-1",
            "tokens=1000001", "status=99", "status=600", "html=1", "cut", "cut=somewhere", "cut=event:-1", "slow=10",
            "slow=0/1ms", "slow=10/1", "retry-after=1.5", "frobnicate", "content-length=many",
        ]
    )
    func unreadable(text: String) {
        let name = text.split(separator: "=")[0]
        #expect {
            try Behaviour(parsing: text)
        } throws: { error in
            "\(error)".contains(name)
        }
    }

    @Test("A rule of the command line: conditions, then the behaviour")
    func rules() throws {
        let rule = try FaultRule(
            parsing: "openai:model=gpt-4o:path=/v1/chat:probability=0.25:count=3:status=429,cut=event:3"
        )
        #expect(rule.host == "openai")
        #expect(rule.model == "gpt-4o")
        #expect(rule.path == "/v1/chat")
        #expect(rule.probability == 0.25)
        #expect(rule.count == 3)
        #expect(rule.behaviour == (try Behaviour(parsing: "status=429,cut=event:3")))
        #expect(try FaultRule(parsing: "cut=event:3") == FaultRule(try Behaviour(parsing: "cut=event:3")))
        #expect(throws: BehaviourError.self) { try FaultRule(parsing: "openai:probability=2:hang") }
        #expect(throws: BehaviourError.self) { try FaultRule(parsing: "openai:count=-1:hang") }
        #expect(throws: BehaviourError.self) { try FaultRule(parsing: "openai:nonsense") }
    }

    @Test("Dates as HTTP and as RFC 3339 spell them")
    func dates() {
        #expect(Timestamp.http(0) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(Timestamp.http(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(Timestamp.http(1_709_164_800) == "Thu, 29 Feb 2024 00:00:00 GMT")
        #expect(Timestamp.secondsSince1970("1994-11-06T08:49:37Z") == 784_111_777)
        #expect(Timestamp.secondsSince1970("2024-02-29T00:00:00.123456789Z") == 1_709_164_800)
        #expect(Timestamp.secondsSince1970("2024-02-29T01:30:00+01:30") == 1_709_164_800)
        #expect(Timestamp.secondsSince1970("2024-02-28T19:00:00.5-05:00") == 1_709_164_800)
        for wrong in ["", "yesterday", "2024-02-29", "2024-13-01T00:00:00Z", "2024-02-29T00:00:00"] {
            #expect(Timestamp.secondsSince1970(wrong) == nil, "\(wrong)")
        }
    }

    @Test("Base64 as RFC 4648 has it, there and back")
    func base64() {
        let vectors = [
            "": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==", "fooba": "Zm9vYmE=",
            "foobar": "Zm9vYmFy",
        ]
        for (plain, encoded) in vectors {
            #expect(Base64.encoded(Array(plain.utf8)) == encoded)
            #expect(Base64.decoded(encoded) == Array(plain.utf8))
        }
        var generator = SplitMix(seed: 3)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            #expect(Base64.decoded(Base64.encoded(bytes)) == bytes)
        }
        #expect(Base64.decoded("Zm9v!") == nil)
    }

    @Test("A text is cut into tokens that give the text again")
    func tokens() {
        let texts = ["", " ", "one", "one two", "  two  spaces  ", "a\"b \\ c\nd", String(repeating: "x ", count: 100)]
        for text in texts {
            for count in [nil, 0, 1, 2, 5, 300] as [Int?] {
                var answer = AnswerText(text, tokens: count)
                if let count { #expect(answer.count == count) }
                var whole: [UInt8] = []
                answer.append(to: &whole)
                #expect((0..<answer.count).flatMap { answer[$0] } == whole)
                answer.truncate(to: 2)
                #expect(answer.count <= 2)
                var cut: [UInt8] = []
                answer.append(to: &cut)
                #expect(whole.starts(with: cut))
            }
        }
    }

    @Test("The target of a request, taken apart")
    func targets() {
        let (path, query) = RequestTarget.split("/a%2Fb%20c%zz?x=1&y=a%26b+c&z&=w")
        #expect(path == "/a/b c%zz")
        #expect(query.map(\.name) == ["x", "y", "z", ""])
        #expect(query.map(\.value) == ["1", "a&b c", "", "w"])
        #expect(RequestTarget.split("/plain").query.isEmpty)
    }

    @Test(
        "What is no list of models is refused",
        arguments: [
            "", "{}", "[]", "{\"data\":{}}", "{\"data\":[{}]}", "{\"data\":[{\"id\":1}]}", "{\"data\":[1]}",
            "{\"data\":[",
        ]
    )
    func lists(text: String) {
        #expect(throws: ListError.self) { try ModelList(Array(text.utf8), layout: .openAI) }
    }

    @Test("A list that is an array, with white space around it")
    func array() throws {
        let list = try ModelList(
            Array(" \n[ {\"id\":\"a\"} , {\"id\":\"b\"} ]\n".utf8),
            layout: ListLayout.array
        )
        #expect(list.ids == ["a", "b"])
        #expect(String(decoding: list.rows(0..<2), as: UTF8.self) == "{\"id\":\"a\"},{\"id\":\"b\"}")
    }
}
