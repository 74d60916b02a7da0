using System.Text.Json.Nodes;

namespace R1Lab.Bench.Load;

/// <summary>The JSON that the users of the load send.</summary>
internal static class RequestBodies
{
    public const string Model = "r1lab-demo-qwen3-3m";

    public static JsonObject Chat(int number, bool stream) => new()
    {
        ["model"] = Model,
        ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = $"What is {number % 50}+{number % 37}?" }),
        ["max_tokens"] = 120,
        ["stream"] = stream,
    };

    public static JsonObject Study(int number) => new()
    {
        ["name"] = $"load {number}",
        ["overlap"] = 1,
        ["items"] = new JsonArray([.. Enumerable.Range(0, 3).Select(item => (JsonNode)new JsonObject
        {
            ["prompt"] = $"Question {item}",
            ["responses"] = new JsonArray(
                new JsonObject { ["model"] = "first", ["text"] = $"**One** answer to {item}." },
                new JsonObject { ["model"] = "second", ["text"] = $"Another answer to {item}." }),
        })]),
    };

    public static JsonObject Scores(JsonNode task) => new()
    {
        ["assignment_id"] = task["assignment_id"]!.GetValue<int>(),
        ["scores"] = new JsonArray([.. from answer in task["answers"]!.AsArray()
                                       from criterion in task["criteria"]!.AsArray()
                                       select (JsonNode)new JsonObject
                                       {
                                           ["slot"] = answer!["slot"]!.GetValue<int>(),
                                           ["criterion"] = criterion!["key"]!.GetValue<string>(),
                                           ["value"] = 4,
                                       }]),
    };

    public static JsonObject Recipe(int number) => new()
    {
        ["name"] = $"load-{number}",
        ["model"] = Model,
        ["dataset"] = "demo",
        ["max_steps"] = 25,
        ["max_length"] = 256,
        ["per_device_train_batch_size"] = 2,
        ["learning_rate"] = 1e-3,
        ["logging_steps"] = 1,
        ["save_steps"] = 10,
        ["dtype"] = "float32",
        ["lora"] = new JsonObject { ["r"] = 4, ["lora_alpha"] = 8 },
    };
}
