using R1Lab.Web.Running;

namespace R1Lab.Web.Components.Pages.Studies;

/// <summary>Calls a page when the writing of a study's answers went on: in the page's own language, and not more than twice a second.</summary>
internal sealed class StudyFeed : IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);

    private readonly ExecutionContext? _context = ExecutionContext.Capture(); // the writing thread speaks another language, perhaps
    private readonly StudyGenerator _generator;
    private readonly int? _studyId;
    private readonly Func<Task> _onChanged;
    private int _waiting;
    private bool _disposed;

    /// <param name="generator">Whose news.</param>
    /// <param name="studyId">One study; null for all.</param>
    /// <param name="onChanged">Called on any thread.</param>
    public StudyFeed(StudyGenerator generator, int? studyId, Func<Task> onChanged)
    {
        (_generator, _studyId, _onChanged) = (generator, studyId, onChanged);
        generator.Changed += Take;
    }

    public void Dispose()
    {
        _disposed = true;
        _generator.Changed -= Take;
    }

    private void Take(int studyId)
    {
        if (_studyId is { } wanted && wanted != studyId) return;
        if (Interlocked.Exchange(ref _waiting, 1) == 1) return; // a call is due already and will see this news too
        if (_context is null) _ = TellAsync();
        else ExecutionContext.Run(_context.CreateCopy(), _ => _ = TellAsync(), null);
    }

    private async Task TellAsync()
    {
        await Task.Delay(Every);
        Interlocked.Exchange(ref _waiting, 0);
        if (!_disposed) await _onChanged();
    }
}
