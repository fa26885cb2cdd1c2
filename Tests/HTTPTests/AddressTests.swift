import HTTPTypes
import Testing

@testable import HTTP

@Suite struct AddressTests {
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("::", "::"), ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("[fd00::7]", "fd00::7"), ("fe80::1%eth0", "fe80::1"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
    ])
    func readsAddresses(_ text: String, _ shown: String) throws {
        #expect(try #require(IPAddress(text)).description == shown)
    }

    @Test(arguments: [
        "", "localhost", "127.1", "256.0.0.1", "127.0.0.01", "1.2.3.4.5", "1:2", ":::", "1::2::3", "12345::", "g::",
        "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8", "+1::", "127.0.0.1:80", "1.2.3.4:", "::1.2.3", "1.2.3.4::",
    ])
    func refusesWhatIsNone(_ text: String) { #expect(IPAddress(text) == nil) }

    @Test func knowsWhoBelongsToANetwork() throws {
        let private10 = try #require(IPNetwork("10.0.0.0/8"))
        #expect(private10.contains(try #require(IPAddress("10.255.0.1"))))
        #expect(private10.contains(try #require(IPAddress("::ffff:10.1.2.3"))))
        #expect(!private10.contains(try #require(IPAddress("11.0.0.1"))))
        #expect(!private10.contains(try #require(IPAddress("a00::1"))))
        let one = try #require(IPNetwork("fd00::7"))
        #expect(one.contains(try #require(IPAddress("fd00::7"))))
        #expect(!one.contains(try #require(IPAddress("fd00::8"))))
        #expect(try #require(IPNetwork("0.0.0.0/0")).contains(try #require(IPAddress("8.8.8.8"))))
        #expect(!(try #require(IPNetwork("0.0.0.0/0")).contains(try #require(IPAddress("::1")))))
        #expect(try #require(IPNetwork("::/0")).contains(try #require(IPAddress("8.8.8.8"))))
    }

    @Test(arguments: ["10.0.0.1/8", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "10/8", "x", "10.0.0.0/8/8"])
    func refusesWhatIsNoNetwork(_ text: String) { #expect(IPNetwork(text) == nil) }

    @Test func namesTheSettingsWordThatIsNoNetwork() {
        let failure = #expect(throws: TrustedNetworks.Failure.self) { try TrustedNetworks(trusted: "10.0.0.0/8, home") }
        #expect(failure?.description.contains("“home”") == true)
    }

    /// peer, `X-Forwarded-For`, the client as it is found, whether it is trusted.
    @Test(
        arguments: [
            ("127.0.0.1", nil, "127.0.0.1", true), ("192.168.1.4", nil, "192.168.1.4", true),
            ("8.8.8.8", nil, "8.8.8.8", false),
            ("fd12::1", nil, "fd12::1", true), (nil, nil, "local socket", true),
            // A proxy that nobody named: whoever is behind it may be anyone.
            ("10.0.0.9", "127.0.0.1", "behind 10.0.0.9", false), ("127.0.0.1", "10.0.0.1", "behind 127.0.0.1", false),
            (nil, "10.0.0.1", "behind a local proxy", false),
            // A proxy that is named, and what its client pretends.
            ("10.0.0.1", "203.0.113.5", "203.0.113.5", false), ("10.0.0.1", "192.168.7.7", "192.168.7.7", true),
            ("10.0.0.1", "127.0.0.1, 203.0.113.5", "203.0.113.5", false),
            ("10.0.0.1", "192.168.7.7, 10.0.0.2", "192.168.7.7", true),
            ("10.0.0.1", "192.168.7.7:4711", "192.168.7.7", true), ("10.0.0.1", "[fd00::5]:4711", "fd00::5", true),
            ("10.0.0.1", "unknown", "behind 10.0.0.1", false), ("10.0.0.1", "", "behind 10.0.0.1", false),
        ] as [(String?, String?, String, Bool)]
    )
    func findsTheClient(_ peer: String?, _ forwarded: String?, _ shown: String, _ isTrusted: Bool) throws {
        let networks = try TrustedNetworks(proxies: "10.0.0.1 10.0.0.2")
        var headers = HTTPFields()
        if let forwarded { headers[.xForwardedFor] = forwarded }
        let client = networks.client(peer: try peer.map { try #require(IPAddress($0)) }, headers: headers)
        #expect(client.description == shown)
        #expect(networks.trusts(client) == isTrusted)
    }

    @Test func trustsNobodyWhenToldTo() throws {
        let networks = try TrustedNetworks(trusted: "")
        #expect(!networks.trusts(.address(try #require(IPAddress("127.0.0.1")))))
    }
}
