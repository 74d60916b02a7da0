namespace R1Lab.Data.Models;

/// <summary>A model or adapter folder the lab knows.</summary>
public sealed class RegisteredModel
{
    public int Id { get; set; }

    /// <summary>Unique; what the API and recipes call it.</summary>
    public required string Name { get; set; }

    public required string Path { get; set; }

    public ModelKind Kind { get; set; }

    /// <summary>The model an adapter sits on.</summary>
    public int? BaseModelId { get; set; }

    /// <summary>The run that made it.</summary>
    public int? RunId { get; set; }

    /// <summary>For example qwen3, llama.</summary>
    public string? Family { get; set; }

    public long? ParameterCount { get; set; }

    public string? Dtype { get; set; }

    public string? Fingerprint { get; set; }

    /// <summary>Who registered it or owned the run that made it; null for folders that the lab found itself.</summary>
    public string? OwnerId { get; set; }

    public string? OwnerName { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
}

public enum ModelKind
{
    Base,
    Adapter,

    /// <summary>A whole model that a run here made.</summary>
    Full,
}
