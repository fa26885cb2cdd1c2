import Providers
import Testing

/// Lists written for these tests in the shapes that providers document, with the oddities that are known of them: numbers as
/// texts, members that are missing or null, members that nobody knows, prices that are none.
struct Fixture: Sendable, CustomTestStringConvertible {
    let slug: String

    /// Which of the provider's endpoints answers so.
    var source = 0
    let list: String

    /// What becomes of it: id, price of input and of output in USD per token, spelled; empty for unknown.
    let prices: [(id: String, prompt: String, completion: String)]

    /// How far the point moves in prices of this provider: the units of its documents, written down a second time.
    let shifts: [Int]

    /// Whether a price of zero is a price here.
    var zeroIsFree = false

    var testDescription: String { "\(self.slug) \(self.source)" }

    static let all: [Fixture] = Self.makers + Self.hosts + Self.aggregators + Self.others

    static let makers = [
        Fixture(
            slug: "openai",
            list:
                #"{"object":"list","data":[{"id":"gpt-4o","created":1,"owned_by":"system"},{"id":"ft:whisper-1:x"}]}"#,
            prices: [("gpt-4o", "0.0000025", "0.00001"), ("ft:whisper-1:x", "", "")],
            shifts: []
        ),
        Fixture(
            slug: "anthropic",
            list: #"""
                {"data":[{"type":"model","id":"claude-x","capabilities":{"thinking":{"supported":true}}},
                {"type":"model","id":"claude-3-5-sonnet-20241022","display_name":"C","created_at":"2024-10-22T00:00:00Z"}],
                "has_more":false,"last_id":"claude-x"}
                """#,
            prices: [("claude-x", "", ""), ("claude-3-5-sonnet-20241022", "0.000003", "0.000015")],
            shifts: []
        ),
        Fixture(
            slug: "gemini",
            list: #"""
                {"models":[{"name":"models/gemini-2.5-flash","inputTokenLimit":"1048576",
                "supportedGenerationMethods":["generateContent"]}],"nextPageToken":""}
                """#,
            prices: [("gemini-2.5-flash", "0.0000003", "0.0000025")],
            shifts: []
        ),
        Fixture(
            slug: "vertex",
            list: #"""
                {"publisherModels":[{"name":"publishers/google/models/gemini-2.5-pro","versionId":"default","launchStage":"GA"},
                {"name":"publishers/google/models/timesfm","launchStage":"PUBLIC_PREVIEW","unheardOf":{}}]}
                """#,
            prices: [("google/gemini-2.5-pro", "0.00000125", "0.00001"), ("google/timesfm", "", "")],
            shifts: []
        ),
        Fixture(
            slug: "xai",
            list: #"""
                {"models":[{"id":"grok-x","input_modalities":["text","image"],"output_modalities":["text"],
                "prompt_text_token_price":12500,"cached_prompt_text_token_price":"2000","completion_text_token_price":25000,
                "prompt_text_token_price_long_context":0,"aliases":["grok-latest",null]},
                {"id":"grok-y","prompt_text_token_price":0,"completion_text_token_price":null}]}
                """#,
            prices: [("grok-x", "0.00000125", "0.0000025"), ("grok-y", "", "")],
            shifts: [-10]
        ),
        Fixture(
            slug: "alibaba",
            list:
                #"{"object":"list","data":[{"id":"qwen-max","object":"model","created":1},{"id":"text-embedding-v4"}]}"#,
            prices: [("qwen-max", "0.0000016", "0.0000064"), ("text-embedding-v4", "", "")],
            shifts: []
        ),
    ]

    static let hosts = [
        Fixture(
            slug: "deepinfra",
            list: #"""
                {"object":"list","data":[{"id":"openai/gpt-oss-120b","created":0,"metadata":{"context_length":131072,
                "max_tokens":131072,"pricing":{"input_tokens":0.039,"output_tokens":0.19,"cache_read_tokens":0.030000000000000002},
                "tags":["reasoning_effort"]}},{"id":"BAAI/bge-m3","metadata":null},
                {"id":"a/b","metadata":{"pricing":{"input_tokens":0,"output_tokens":"-1"},"tags":null}}]}
                """#,
            prices: [("openai/gpt-oss-120b", "0.000000039", "0.00000019"), ("BAAI/bge-m3", "", ""), ("a/b", "", "")],
            shifts: [-6]
        ),
        Fixture(
            slug: "featherless",
            list: #"""
                {"data":[{"id":"a/b-8B","name":"a/b-8B","model_class":"llama3-8b-8k","context_length":8192,
                "max_completion_tokens":4096,"is_gated":false},{"id":"c/d","pricing":{"prompt":"0.0000015"}}]}
                """#,
            prices: [("a/b-8B", "", ""), ("c/d", "0.0000015", "")],
            shifts: [0]
        ),
        Fixture(
            slug: "groq",
            list: #"""
                {"object":"list","data":[{"id":"llama-3.1-8b-instant","active":true,"context_window":131072,"public_apps":null,
                "max_completion_tokens":131072},{"id":"whisper-large-v3","active":true,"context_window":448},
                {"id":"x","active":false,"pricing":{"input_cache_read":"0.5","prompt":1}}]}
                """#,
            prices: [
                ("llama-3.1-8b-instant", "0.00000005", "0.00000008"), ("whisper-large-v3", "", ""), ("x", "", ""),
            ],
            shifts: []
        ),
        Fixture(
            slug: "fireworks",
            list: #"""
                {"object":"list","data":[{"id":"accounts/fireworks/models/glm-5","kind":"HF_BASE_MODEL","supports_chat":true,
                "supports_image_input":false,"supports_tools":true,"context_length":202752},
                {"id":"accounts/fireworks/models/flux-1-dev-fp8","kind":"FLUMINA_BASE_MODEL","supports_chat":false}]}
                """#,
            prices: [
                ("accounts/fireworks/models/glm-5", "", ""), ("accounts/fireworks/models/flux-1-dev-fp8", "", ""),
            ],
            shifts: []
        ),
        Fixture(
            slug: "together",
            list: #"""
                [{"id":"a/Llama-3.3-70B-Instruct-Turbo","type":"chat","context_length":131072,"config":{"stop":[]},
                "pricing":{"hourly":0,"input":0.88,"output":0.88,"base":0,"finetune":0,"cached_input":0.3}},
                {"id":"b/flux","type":"image","pricing":{"input":0,"output":0}},{"id":"c/sonic","type":"audio","context_length":0,
                "organization":"","pricing":{"input":65,"output":0}},{"id":"d/free","type":"chat","pricing":{"input":0,"output":0}}]
                """#,
            prices: [
                ("a/Llama-3.3-70B-Instruct-Turbo", "0.00000088", "0.00000088"), ("b/flux", "", ""), ("c/sonic", "", ""),
                ("d/free", "", ""),
            ],
            shifts: [-6]
        ),
        Fixture(
            slug: "cerebras",
            list: #"""
                {"object":"list","data":[{"id":"a","name":"A","pricing":{"prompt":"3.5e-7","completion":"0.00000075"},
                "architecture":{"modality":"text+vision"},"capabilities":{"function_calling":true,"tools":null,"vision":true},
                "limits":{"max_context_length":131072,"max_completion_tokens":40960},"deprecated":true,"preview":false},
                {"id":"b","created":0,"owned_by":"Cerebras"}]}
                """#,
            prices: [("a", "0.00000035", "0.00000075"), ("b", "", "")],
            shifts: [0]
        ),
        Fixture(
            slug: "nebius",
            list: #"""
                {"data":[{"id":"a/Kimi","context_length":1024000,"architecture":{"modality":"text+image->text"},
                "supported_features":["tools","reasoning"],"pricing":{"prompt":"0.0000006","completion":"0.0000025","image":"0",
                "request":"0"}},{"id":"b/Embedding-8B","architecture":{"modality":"text->embedding"},
                "pricing":{"prompt":"0.00000001","completion":"0"}}]}
                """#,
            prices: [("a/Kimi", "0.0000006", "0.0000025"), ("b/Embedding-8B", "0.00000001", "")],
            shifts: [0]
        ),
        Fixture(
            slug: "novita",
            list: #"""
                {"data":[{"id":"a/llama","input_token_price_per_m":630,"output_token_price_per_m":"630","context_size":8192,
                "status":1,"permission":null},{"id":"b/tiered","input_token_price_per_m":0,"output_token_price_per_m":0,
                "is_tiered_billing":true,"status":1},{"id":"c/old","input_token_price_per_m":-1,"output_token_price_per_m":2690,
                "status":4,"context_size":0}]}
                """#,
            prices: [("a/llama", "0.000000063", "0.000000063"), ("b/tiered", "", ""), ("c/old", "", "0.000000269")],
            shifts: [-10]
        ),
        Fixture(
            slug: "near",
            list: #"""
                {"models":[{"modelId":"a/GLM","inputCostPerToken":{"amount":850,"scale":9,"currency":"USD"},
                "outputCostPerToken":{"amount":"3300","scale":"9","currency":"usd"},"metadata":{"contextLength":202752,
                "modelDisplayName":"GLM","aliases":["glm"],"architecture":{"inputModalities":["text"],"outputModalities":["text"]}}},
                {"modelId":"b","inputCostPerToken":{"amount":1,"scale":9,"currency":"EUR"}},
                {"modelId":"c","inputCostPerToken":{"amount":5},"outputCostPerToken":7}],"total":3}
                """#,
            prices: [("a/GLM", "0.00000085", "0.0000033"), ("b", "", ""), ("c", "", "")],
            shifts: Array(-30...0)
        ),
        Fixture(
            slug: "chutes",
            list: #"""
                {"object":"list","data":[{"id":"a-TEE","pricing":{"prompt":0.104,"completion":"0.416","input_cache_read":0.052},
                "price":{"input":{"tao":0.0005,"usd":0.104},"output":{"usd":0.416}},"max_model_len":40960,
                "supported_features":["tools"]},{"id":"b","price":{"tao":0.0007819846999245771,"usd":0.27216},"parent":null}]}
                """#,
            prices: [("a-TEE", "0.000000104", "0.000000416"), ("b", "0.00000027216", "0.00000027216")],
            shifts: [-6]
        ),
    ]

    static let aggregators = [
        Fixture(
            slug: "openrouter",
            list: #"""
                {"data":[{"id":"a/b-7b","name":"A","context_length":131072,"architecture":{"modality":"text->text",
                "input_modalities":["text","image"],"output_modalities":["text"]},
                "pricing":{"prompt":"0.00000008333333333333334","completion":"3.5e-7","image":"0","request":"-1",
                "input_cache_read":null},"top_provider":{"max_completion_tokens":8192},"supported_parameters":["tools"],
                "expiration_date":"2026-12-31"},{"id":"~x/y:free","pricing":{"prompt":"0","completion":"0"}},
                {"id":"openrouter/auto","pricing":{"prompt":"-1","completion":"-1"}}],"total_count":3,"links":{"next":null}}
                """#,
            prices: [
                ("a/b-7b", "0.00000008333333333333334", "0.00000035"), ("~x/y:free", "0", "0"),
                ("openrouter/auto", "", ""),
            ],
            shifts: [0],
            zeroIsFree: true
        ),
        Fixture(
            slug: "huggingface",
            list: #"""
                {"object":"list","data":[{"id":"a/b","architecture":{"input_modalities":["text"],"output_modalities":["text"]},
                "providers":[{"provider":"dear","status":"live","context_length":8192,"pricing":{"input":0.9,"output":0.9}},
                {"provider":"cheap","status":"live","pricing":{"input":0.1,"output":0.3},"supports_tools":true},
                {"provider":"down","status":"error","pricing":{"input":0.01,"output":0.01}},{"provider":"silent","status":"live"}]},
                {"id":"c/d","providers":[{"provider":"x","status":"error"}]},{"id":"e/f","providers":null}]}
                """#,
            prices: [("a/b", "0.0000001", "0.0000003"), ("c/d", "", ""), ("e/f", "", "")],
            shifts: [-6],
            zeroIsFree: true
        ),
        Fixture(
            slug: "helicone",
            list: #"""
                {"data":{"models":[{"id":"claude-opus-4-1","name":"C","author":"anthropic","contextLength":200000,"maxOutput":32000,
                "inputModalities":["text","image"],"outputModalities":["text"],"supportedParameters":["tools"],
                "endpoints":[{"provider":"bedrock","pricing":{"prompt":16,"completion":80}},
                {"provider":"anthropic","pricing":{"prompt":15,"completion":75,"cacheRead":1.5}}]},
                {"id":"x","author":"y","endpoints":[]}],"total":2,"filters":{}},"error":null}
                """#,
            prices: [("claude-opus-4-1", "0.000015", "0.000075"), ("x", "", "")],
            shifts: [-6]
        ),
        Fixture(
            slug: "aihubmix",
            list: #"""
                {"data":[{"model_id":"gpt-5","desc":"G","types":"llm","features":"thinking,tools","input_modalities":"text,image",
                "max_output":"128000","context_length":400000,"pricing":{"input":1.25,"output":10,"cache_read":"0.125"}},
                {"id":"dall-e-3","types":"image_generation","features":"","pricing":{"input":40,"output":0}}],
                "message":"","success":true}
                """#,
            prices: [("gpt-5", "0.00000125", "0.00001"), ("dall-e-3", "", "")],
            shifts: [-6]
        ),
        Fixture(
            slug: "anannas",
            list: #"""
                {"data":[{"id":"openai/gpt-4o-mini","pricing":{"prompt":"0.00000015","completion":"0.0000006","request":"0"},
                "capabilities":["text","tool_calling"],"context_length":128000},
                {"id":"b","pricing":{"input":0.6,"output":2.5},"context_window":"131072","max_output":16384}]}
                """#,
            prices: [("openai/gpt-4o-mini", "0.00000015", "0.0000006"), ("b", "", "")],
            shifts: [0],
            zeroIsFree: true
        ),
        Fixture(
            slug: "aimo",
            list: #"""
                {"data":[{"name":"openai/gpt-5-pro","display_name":"GPT-5 Pro","context_length":400000,
                "architecture":{"input_modalities":["text"],"output_modalities":["text"]},
                "providers":[{"id":"7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU","pricing":{"prompt":"15","completion":120}}]},
                {"name":"7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU:c/d","providers":[]}]}
                """#,
            prices: [("openai/gpt-5-pro", "0.000015", "0.00012"), ("c/d", "", "")],
            shifts: [-6]
        ),
        Fixture(
            slug: "vercel",
            list: #"""
                {"object":"list","data":[{"id":"google/gemini-3-pro","type":"language","context_window":1000000,"max_tokens":64000,
                "tags":["file-input","tool-use","vision"],"pricing":{"input":"0.000002","input_tiers":[{"cost":"0.000002","min":0}],
                "output":"0.000012","input_cache_read":"0.0000002"}},{"id":"bfl/flux","type":"image","context_window":0,
                "pricing":{"image":"0.08"}},{"id":"x/y","type":"video","pricing":{}}]}
                """#,
            prices: [("google/gemini-3-pro", "0.000002", "0.000012"), ("bfl/flux", "", ""), ("x/y", "", "")],
            shifts: [0]
        ),
    ]

    static let others = [
        Fixture(
            slug: "fal",
            list: #"""
                {"models":[{"endpoint_id":"fal-ai/flux/dev","metadata":{"display_name":"FLUX","category":"text-to-image",
                "status":"active","tags":[]}},{"endpoint_id":"fal-ai/x","metadata":null}],"next_cursor":null,"has_more":false}
                """#,
            prices: [("fal-ai/flux/dev", "", ""), ("fal-ai/x", "", "")],
            shifts: []
        ),
        Fixture(
            slug: "ollama",
            list: #"""
                {"models":[{"model":"qwen3:8x7b","size":9276198324,
                "details":{"family":"qwen3","parameter_size":"14.8B","families":null}}]}
                """#,
            prices: [("qwen3:8x7b", "0", "0")],
            shifts: []
        ),
        Fixture(
            slug: "vllm",
            list:
                #"{"object":"list","data":[{"id":"m","owned_by":"vllm","root":"m","parent":null,"max_model_len":"4096"}]}"#,
            prices: [("m", "0", "0")],
            shifts: []
        ),
        Fixture(
            slug: "llama-cpp",
            list: #"""
                {"models":[{"name":"m.gguf","model":"m.gguf"}],"object":"list",
                "data":[{"id":"m.gguf","meta":{"n_ctx_train":262144,"n_params":30532122624}}]}
                """#,
            prices: [("m.gguf", "0", "0")],
            shifts: []
        ),
        Fixture(
            slug: "lm-studio",
            list: #"""
                {"object":"list","data":[{"id":"m","type":"vlm","state":"loaded","max_context_length":32768,
                "loaded_context_length":8192,"capabilities":["tool_use"]},{"id":"e","type":"embeddings"}]}
                """#,
            prices: [("m", "0", "0"), ("e", "0", "0")],
            shifts: []
        ),
        Fixture(
            slug: "openai-compatible",
            list: #"[{"id":"m","max_model_len":"4096","pricing":{"prompt":0.5},"architecture":{"modality":"a+b->c"}}]"#,
            prices: [("m", "", "")],
            shifts: []
        ),
    ]
}

/// Reads a page as the answer of one of a provider's endpoints, where the others are not there.
func read(_ definition: ProviderDefinition, source: Int, _ body: [UInt8], hasKey: Bool = true) throws -> ListedModels {
    var run = ListingRun(definition.listing, context: ListingContext(host: "provider.example", hasKey: hasKey))
    while let next = run.next {
        try run.read(next.source == source ? ListingResponse(body: body) : ListingResponse(status: 404, body: []))
        if next.source == source, run.next?.source == source { break }
    }
    return try run.result()
}
