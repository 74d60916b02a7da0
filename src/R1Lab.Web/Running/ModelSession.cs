using R1Lab.Engine.Generation;

namespace R1Lab.Web.Running;

/// <summary>The right to ask one model (a base, or a base with one adapter); while it is open the base stays in memory.</summary>
public sealed class ModelSession : ModelVocabulary, IDisposable
{
    private readonly Action _release;
    private readonly int _mostWaiting;
    private int _disposed;

    internal ModelSession(string name, string? adapter, LoadedModel model, GenerationEngine engine, int mostWaiting, Action release)
        : base(name, model.Tokenizer, model.ChatTemplate, model.Defaults, model.Decoder.Config.VocabSize, model.Decoder.Config.MaxPositions)
    {
        (Adapter, Engine, _mostWaiting, _release) = (adapter, engine, mostWaiting, release);
        Fingerprint = model.Fingerprint(adapter);
    }

    /// <summary>The adapter's name inside the engine; null asks the base itself.</summary>
    public string? Adapter { get; }

    public GenerationEngine Engine { get; }

    /// <summary>Hash of base, adapter and template; stored with every answer that is kept.</summary>
    public string Fingerprint { get; }

    /// <exception cref="ModelBusyException">Too many requests wait already.</exception>
    public void CheckRoom(int requests)
    {
        if (Engine.Waiting + requests > _mostWaiting) throw new ModelBusyException($"{Engine.Waiting} requests wait for the model '{Name}' already.");
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0) _release();
    }
}
