import FoundationEssentials
import Providers
import Testing

@Suite struct ModelNameTests {
    @Test(
        arguments: [
            ("mistral-7b-instruct", "7"), ("Llama-3.3-70B-Instruct-Turbo", "70"), ("mixtral-8x7b", "56"),
            ("open-mixtral-8x22B", "176"),
            ("qwen3-235b-a22b", "235"), ("qwen/qwen3-30b-a3b:free", "30"), ("qwen2.5-0.5b", "0.5"),
            ("qwen2.5vl:7b", "7"),
            ("qwen3:14b", "14"), ("deepseek-r1-distill-qwen-32b", "32"), ("gpt-oss-120b", "120"),
            ("gemma-3-270m", "0.27"),
            ("inclusionai/ring-2.6-1t:free", "1000"), ("Google: Gemma 3 27B", "27"),
            ("accounts/fireworks/models/llama-v3p1-405b", "405"),
            ("nous-hermes-2-mixtral-8x7b-dpo", "56"), ("14.8B", "14.8"), ("137M", "0.137"),
        ] as [(String, String)]
    ) func readsTheSize(_ name: String, _ expected: String) {
        #expect(ModelName.sizeB(name)?.description == expected)
    }

    @Test(arguments: [
        "gpt-4o", "claude-opus-4-1-20250805", "gemini-2.5-flash", "o1-mini", "llama-3.1", "phi-3-mini-4k-instruct",
        "minimax-01-1m", "gemma-3n-e4b-it", "b", "xb", "8xb", "x7b", "8x7x7b", "0b", "70b/chat", "", "/",
        "command-r-08-2024",
        "99999999b", "1.2.3b", "7.b", "text-embedding-3-large", "claude-2:1",
    ]) func makesUpNoSize(_ name: String) {
        #expect(ModelName.sizeB(name) == nil)
    }

    @Test(
        arguments: [
            ("gpt-4o", "gpt"), ("chatgpt-4o-latest", "gpt"), ("o1-mini", "o-series"),
            ("anthropic/claude-opus-4", "claude"),
            ("deepseek-r1-distill-llama-70b", "deepseek"), ("Qwen2.5-VL-7B", "qwen"),
            ("meta-llama/Llama-3.3-70B", "llama"),
            ("mistralai/mixtral-8x7b", "mistral"), ("something-else", nil), ("", nil), ("orca-2", nil),
        ] as [(String, String?)]
    ) func readsTheFamily(_ id: String, _ expected: String?) {
        #expect(ModelName.family(id) == expected)
    }
}

@Suite struct KnownSizeTests {
    @Test(
        arguments: [
            ("gpt-4", "1760", .estimated), ("gpt-4-0613", "1760", .estimated), ("openai/gpt-4", "1760", .estimated),
            ("deepseek-ai/DeepSeek-V3-0324", "671", .curated), ("deepseek/deepseek-r1:free", "671", .curated),
            ("deepseek-r1-distill-llama-70b", "70", .estimated), ("mixtral-8x7b-instruct-v0.1", "56", .estimated),
            ("command-r-plus-08-2024", "104", .curated), ("Mistral-Nemo-Instruct-2407", "12", .curated),
            ("microsoft/Phi-3-mini-128k-instruct", "3.8", .curated), ("whisper-large-v3-turbo", "0.809", .curated),
            ("Llama-2-7b-chat-32k", "7", .estimated), ("qwen3-235b-a22b-2507", "235", .estimated),
            ("llama-3-8b-q4_b", "8", .estimated),
        ] as [(String, String, FieldOrigin)]
    ) func nameTellsTheSize(_ name: String, _ billions: String, _ origin: FieldOrigin) {
        let size = ModelName.size(name)
        #expect(size?.billions.description == billions)
        #expect(size?.origin == origin)
    }

    @Test(arguments: [
        "gpt-4o", "gpt-4-turbo", "gpt-4.1", "deepseek-r1-distill-llama", "deepseek-v3.2", "phi-4-multimodal", "command",
        "glm-4.5v", "claude-3-opus", "model-20240229-32k-v2-q4_b", "", "flux-pro", "kimi",
    ]) func anotherModelIsNotTakenForIt(_ name: String) {
        #expect(ModelName.size(name) == nil)
    }
}
