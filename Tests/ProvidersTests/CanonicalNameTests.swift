import Providers
import Testing

@Suite struct CanonicalNameTests {
    @Test(
        arguments: [
            (
                "gpt-4o",
                ["gpt-4o-2024-08-06", "openai/gpt-4o", "openai/gpt-4o-2024-11-20", "GPT-4o", "openai/gpt-4o:online"]
            ),
            ("gpt-4o-mini", ["gpt-4o-mini-2024-07-18", "openai/gpt-4o-mini"]),
            (
                "claude-3-5-sonnet",
                [
                    "claude-3-5-sonnet-20241022", "anthropic/claude-3.5-sonnet", "claude-3-5-sonnet@20240620",
                    "claude-3-5-sonnet-v2@20241022", "anthropic/claude-3.5-sonnet:beta", "claude-3-5-sonnet-latest",
                ]
            ),
            (
                "claude-opus-4-1",
                ["claude-opus-4-1-20250805", "anthropic/claude-opus-4.1", "anthropic/claude-4.1-opus"]
            ),
            ("claude-sonnet-4", ["claude-sonnet-4-20250514", "anthropic/claude-4-sonnet", "claude-sonnet-4@20250514"]),
            (
                "llama-3-3-70b",
                [
                    "meta-llama/Llama-3.3-70B-Instruct-Turbo", "meta-llama/Llama-3.3-70B-Instruct",
                    "llama-3.3-70b-versatile",
                    "accounts/fireworks/models/llama-v3p3-70b-instruct", "meta-llama/llama-3.3-70b-instruct:free",
                    "llama-3.3-70b", "llama3.3:70b", "meta-llama/Llama-3.3-70B-Instruct-fast",
                ]
            ),
            (
                "llama-3-1-8b",
                [
                    "meta-llama/Meta-Llama-3.1-8B-Instruct", "llama3.1-8b", "llama-3.1-8b-instant",
                    "Meta-Llama-3.1-8B-Instruct-Lite",
                ]
            ),
            (
                "gpt-oss-120b",
                ["openai/gpt-oss-120b", "gpt-oss:120b", "openai/gpt-oss-120b-TEE", "openai/gpt-oss-120b-maas"]
            ),
            ("qwen-3-32b", ["Qwen/Qwen3-32B", "qwen-3-32b", "qwen3:32b", "Qwen/Qwen3-32B-TEE", "qwen/qwen3-32b-fp8"]),
            (
                "qwen-3-235b-a22b-2507",
                ["Qwen/Qwen3-235B-A22B-Instruct-2507", "qwen-3-235b-a22b-instruct-2507", "qwen/qwen3-235b-a22b-2507"]
            ),
            (
                "deepseek-v3-1",
                ["deepseek-ai/DeepSeek-V3.1", "accounts/fireworks/models/deepseek-v3p1", "deepseek/deepseek-v3.1"]
            ),
            ("glm-4-7", ["zai-glm-4.7", "zai-org/GLM-4.7-FP8", "z-ai/glm-4.7"]),
            ("gemini-2-5-flash", ["models/gemini-2.5-flash", "google/gemini-2.5-flash", "~google/gemini-2.5-flash"]),
            ("gemini-2-0-flash", ["gemini-2.0-flash-001", "google/gemini-2.0-flash"]),
            ("nemotron-nano-9b-v2", ["nvidia/NVIDIA-Nemotron-Nano-9B-v2", "nvidia/nemotron-nano-9b-v2"]),
        ] as [(String, [String])]
    ) func offersOfOneModelHaveOneName(_ name: String, _ ids: [String]) {
        #expect(ModelName.canonical(name) == name)
        for id in ids { #expect(ModelName.canonical(id) == name, "\(id)") }
    }

    /// Models that are not the same, however alike their names.
    @Test(
        arguments: [
            ("gpt-4", "gpt-4-turbo"), ("gpt-3.5-turbo", "gpt-3.5-turbo-instruct"), ("gpt-4o", "gpt-4o-mini"),
            ("gpt-4-0613", "gpt-4-1106-preview"), ("gemini-2.5-flash", "gemini-2.5-flash-lite"),
            ("qwen3:14b", "qwen3:8b"), ("deepseek-r1", "deepseek-r1-0528"), ("deepseek-v3", "deepseek-v3.1"),
            ("Qwen3-235B-A22B-Instruct-2507", "Qwen3-235B-A22B-Thinking-2507"), ("qwen-turbo", "qwen-plus"),
            ("llama-3.1-8b", "llama-3.1-70b"), ("claude-opus-4", "claude-opus-4-1"), ("o3", "o3-mini"),
            ("claude-3-5-haiku", "claude-3-5-sonnet"), ("whisper-large-v3", "whisper-large-v3-turbo"),
            ("grok-3", "grok-3-fast"), ("gemma-3-4b-it", "gemma-3n-e4b-it"), ("gpt-5-chat-latest", "gpt-5"),
            ("ft:gpt-4o-2024-08-06:acme::1", "gpt-4o"), ("mistral-small-2506", "mistral-small-2503"),
        ]
    ) func othersHaveOthers(_ one: String, _ other: String) {
        #expect(ModelName.canonical(one) != ModelName.canonical(other))
    }

    @Test(arguments: ["", "/", ":", "~", "a/", "-", "ft:", "20241022", "it", "latest", "p", "1p1", "日本"])
    func oddNamesHaveSome(_ id: String) {
        #expect(ModelName.canonical(id).isEmpty == id.isEmpty)
        #expect(ModelName.canonical(ModelName.canonical(id)) == ModelName.canonical(id))
    }
}
