namespace R1Lab.Engine.Adapters;

/// <summary>Names of tensors in a PEFT adapter file.</summary>
internal static class PeftKeys
{
    public const string Prefix = "base_model.model.";

    public static string A(string path) => $"{Prefix}{path}.lora_A.weight";

    public static string B(string path) => $"{Prefix}{path}.lora_B.weight";

    public static string Magnitude(string path) => $"{Prefix}{path}.lora_magnitude_vector";
}
