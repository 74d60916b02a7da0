namespace R1Lab.Engine.Checkpoints;

/// <summary>Which files hold weights, told by name alone: a pickle can run code when it is opened, so it never is.</summary>
internal static class WeightFiles
{
    public const string Single = "model.safetensors";
    public const string Index = "model.safetensors.index.json";
    public const string Adapter = "adapter_model.safetensors";

    private static readonly string[] PickleExtensions = [".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt"];

    public static bool IsPickle(string path) => PickleExtensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    public static bool IsGguf(string path) => Path.GetExtension(path).Equals(".gguf", StringComparison.OrdinalIgnoreCase);

    /// <exception cref="BadInputException">The name says pickle or GGUF, or is no path.</exception>
    public static void RefuseByName(string path)
    {
        if (path.Length == 0 || path.Contains('\0')) throw new BadInputException(path, null, "not_path", $"this is no path");
        if (IsPickle(path)) throw new BadInputException(path, null, "pickle_refused", $"pickle files are refused and never opened: give the weights as safetensors");
        if (IsGguf(path)) throw new BadInputException(path, null, "gguf_refused", $"GGUF files are refused: give the original model folder with safetensors weights");
    }

    /// <summary>The error for a folder without safetensors weights; names a refused file when that is all there is.</summary>
    public static BadInputException Missing(string folder, string wanted)
    {
        var others = Directory.EnumerateFiles(folder).Where(f => IsPickle(f) || IsGguf(f)).OrderBy(f => f, StringComparer.Ordinal).ToList();
        if (others.Find(f => IsPickle(f) && Path.GetFileName(f) != "training_args.bin") is { } pickle)
            return new BadInputException(pickle, null, "pickle_only", $"pickle files are refused and never opened, and the folder has no {wanted}: give the weights as safetensors");
        if (others.Find(IsGguf) is { } gguf)
            return new BadInputException(gguf, null, "gguf_only", $"GGUF files are refused, and the folder has no {wanted}: give the original model folder with safetensors weights");
        return new BadInputException(folder, null, "weights_missing", $"no weights were found: {wanted} is missing");
    }
}
