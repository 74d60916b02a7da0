using R1Lab.Web.Studies;


namespace R1Lab.Web.Components.Pages.Studies;

/// <summary>Calls a page when the writing of a study's answers went on: in the page's own language, and not more than twice a second.</summary>
internal sealed class StudyFeed : IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);

    private readonly IDisposable _news;
    private readonly int? _studyId;
    private readonly Func<Task> _onChanged;
    private int _waiting;
    private bool _disposed;

    /// <param name="generator">Whose news.</param>
    /// <param name="studyId">One study; null for all.</param>
    /// <param name="onChanged">Called on any thread.</param>
    public StudyFeed(StudyGenerator generator, int? studyId, Func<Task> onChanged)
    {
        (_studyId, _onChanged) = (studyId, onChanged);
        _news = generator.Changes.Subscribe(TakeAsync);
    }

    public void Dispose()
    {
        _disposed = true;
        _news.Dispose();
    }

    private async Task TakeAsync(int studyId)
    {
        if (_studyId is { } wanted && wanted != studyId) return;
        if (Interlocked.Exchange(ref _waiting, 1) == 1) return; // a call is due already and will see this news too
        await Task.Delay(Every);
        Interlocked.Exchange(ref _waiting, 0);
        if (!_disposed) await _onChanged();
    }
}
