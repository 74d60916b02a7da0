using System.ComponentModel;

namespace R1Lab.Engine.Checkpoints;

/// <summary>What a file that should hold weights is instead, told from its first bytes.</summary>
public enum OtherFile
{
    [Description("this is a GGUF file")]
    Gguf,

    [Description("this is a PyTorch pickle file")]
    Pickle,

    [Description("this is a Git LFS pointer: the file itself was not downloaded")]
    LfsPointer,
}
