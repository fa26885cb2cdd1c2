import JSON
import NIOHTTP1

extension OrdinaryProvider {
    /// llama.cpp's server on the own machine: one model in both of its lists, and its settings under `/props`.
    static let llamaCpp = OrdinaryProvider(
        slug: "llama-cpp",
        hosts: ["localhost:8080", "127.0.0.1:8080"],
        catalogue: PackageResources.llama_cpp_json,
        lists: [SimulatedList(path: "/v1/models", needsKey: false)],
        base: "/v1",
        isOpen: true,
        others: { call in
            guard call.method == .GET, call.path == "/props" else { return nil }
            let properties: JSONValue = [
                "default_generation_settings": ["id": 0, "n_ctx": 16_384, "params": ["n_predict": -1]],
                "total_slots": 4, "model_path": "/models/Qwen3-30B-A3B-Q4_K_M.gguf", "chat_template": "",
                "chat_template_caps": ["supports_tools": true], "modalities": ["vision": false, "audio": false],
                "build_info": "b6000-simulated",
            ]
            return .json(properties.serialized())
        }
    )
}
