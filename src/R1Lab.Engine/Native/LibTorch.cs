using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace R1Lab.Engine.Native;

/// <summary>
/// Finds and loads libtorch and TorchSharp's native half before the first tensor is made. Nothing here throws at load time:
/// a machine without a working library keeps a <see cref="Failure"/> that pages and programs can show.
/// </summary>
public static class LibTorch
{
    /// <summary>Environment variable naming an existing <c>torch/lib</c> folder to use instead of the packaged library.</summary>
    public const string FolderVariable = "R1LAB_LIBTORCH";

    /// <summary>The libtorch release that TorchSharp's native half was compiled against.</summary>
    public static readonly Version NeededVersion = new(2, 10);

    private static readonly Dictionary<string, nint> Libraries = new(StringComparer.Ordinal);

    /// <summary>True when tensors can be made in this process.</summary>
    public static bool IsAvailable => Failure is null;

    /// <summary>Why no tensor can be made, as one sentence for the user; null when all is well.</summary>
    public static string? Failure { get; private set; } = "libtorch has not been loaded yet.";

    /// <summary>The folder libtorch was loaded from; null when none was.</summary>
    public static string? Folder { get; private set; }

    /// <summary>The libtorch release that was found; null before loading or when it does not say.</summary>
    public static Version? FoundVersion { get; private set; }

    /// <summary>Throws with <see cref="Failure"/> when no tensor can be made.</summary>
    /// <exception cref="LibTorchException">The native library is missing or does not load.</exception>
    public static void EnsureAvailable()
    {
        if (Failure is not null) throw new LibTorchException(Failure);
    }

#pragma warning disable CA2255 // A library's module initializer: tests, tools and the web app must all get a loadable libtorch before any torch call.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Load()
    {
        try
        {
            AllocatorSettings.Apply();
            Folder = FindFolder();
            LoadInOrder(Folder);
            NativeLibrary.SetDllImportResolver(typeof(LibTorch).Assembly, Resolve);
            FoundVersion = ReadVersion();
            if (FoundVersion < NeededVersion) throw new LibTorchException($"libtorch {FoundVersion} was found in {Folder}, but {NeededVersion} is needed.");
            LoadWrapper(Folder);
            _ = torch.CPU; // runs TorchSharp's own checks while their failure can still be told
            Failure = null;
        }
        catch (Exception e) // whatever it is: an exception here would end the program before it can say anything
        {
            Failure = e is LibTorchException ? e.Message : $"libtorch could not be loaded from {Folder ?? "any known folder"}: {Innermost(e)}";
        }
    }

    private static string FindFolder()
    {
        var wanted = Environment.GetEnvironmentVariable(FolderVariable);
        if (!string.IsNullOrEmpty(wanted))
        {
            return File.Exists(Path.Combine(wanted, NativeName("torch_cpu")))
                ? wanted
                : throw new LibTorchException($"{FolderVariable} names {wanted}, which holds no {NativeName("torch_cpu")}; it must name the torch/lib folder of a PyTorch {NeededVersion} installation.");
        }

        return CandidateFolders("LibTorchNativeFolder").FirstOrDefault(f => File.Exists(Path.Combine(f, NativeName("torch_cpu"))))
            ?? throw new LibTorchException($"No libtorch was found. Restore the packages again, or set {FolderVariable} to the torch/lib folder of a PyTorch {NeededVersion} installation.");
    }

    private static IEnumerable<string> CandidateFolders(string metadataKey)
    {
        yield return AppContext.BaseDirectory;
        yield return Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native");
        yield return Path.Combine(AppContext.BaseDirectory, "runtimes", PortableRid, "native");
        var built = typeof(LibTorch).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(a => a.Key == metadataKey)?.Value;
        if (!string.IsNullOrEmpty(built)) yield return built;
    }

    // Each library needs the ones before it; loading by absolute path lets the loader find them by name afterwards.
    private static void LoadInOrder(string folder)
    {
        foreach (var name in (string[])["c10", "torch_cpu", "c10_cuda", "torch_cuda", "torch"])
        {
            var path = Path.Combine(folder, NativeName(name));
            if (!File.Exists(path)) continue;
            Libraries[name] = NativeLibrary.Load(path);
        }
    }

    private static void LoadWrapper(string folder)
    {
        var native = CandidateFolders("TorchSharpNativeFolder").Prepend(folder)
            .Select(f => Path.Combine(f, NativeName("LibTorchSharp")))
            .FirstOrDefault(File.Exists) ?? throw new LibTorchException($"{NativeName("LibTorchSharp")} was not found. Restore the packages again.");
        var refusal = BoundLibrary.Load(native);
        if (refusal is not null && OldLibstdcxx.RelaxedImage(native) is { } image) refusal = PrivateCopy.Load(image, Path.GetFileName(native), PrivateCopy.Own(), PrivateCopy.Temporary());
        if (refusal is null) return;
        throw new LibTorchException(refusal.Contains("undefined symbol", StringComparison.Ordinal)
            ? $"libtorch {FoundVersion} was found in {folder}, but TorchSharp's {Path.GetFileName(native)} was built for {NeededVersion} and does not fit it ({refusal})."
            : $"{native} could not be loaded: {refusal}");
    }

    /// <summary>One of libtorch's libraries as it was loaded, by its plain name; null when it is not there (those of CUDA).</summary>
    internal static nint? Library(string name) => Libraries.TryGetValue(name, out var handle) ? handle : null;

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) => Library(name) ?? 0;

    // aoti_torch_abi_version packs major, minor and patch into the top bytes of a 64-bit number.
    private static Version ReadVersion()
    {
        var packed = StableAbi.aoti_torch_abi_version();
        return new Version((int)(packed >> 56), (int)(packed >> 48 & 0xff));
    }

    private static string PortableRid => OperatingSystem.IsWindows() ? "win-x64" : OperatingSystem.IsMacOS() ? "osx-arm64" : "linux-x64";

    private static string NativeName(string name) =>
        OperatingSystem.IsWindows() ? $"{name}.dll" : OperatingSystem.IsMacOS() ? $"lib{name}.dylib" : $"lib{name}.so";

    private static string Innermost(Exception e) => e.InnerException is { } inner ? Innermost(inner) : e.Message.ReplaceLineEndings(" ");
}
