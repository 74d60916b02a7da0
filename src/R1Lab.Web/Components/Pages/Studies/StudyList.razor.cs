using Microsoft.AspNetCore.Components;
using R1Lab.Data.Studies;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Studies;

namespace R1Lab.Web.Components.Pages.Studies;

/// <summary>Every rating study with how far its answers and its raters are.</summary>
public sealed partial class StudyList : ComponentBase, IDisposable
{
    private Loadable<IReadOnlyList<StudySummary>>? _list;
    private StudyFeed? _feed;
    private string? _wanted;

    [Inject]
    private StudyStore Studies { get; set; } = default!;

    [Inject]
    private StudyGenerator Generator { get; set; } = default!;

    public void Dispose() => _feed?.Dispose();

    protected override void OnInitialized() => _feed = new StudyFeed(Generator, null, () => InvokeAsync(() => _list?.ReloadAsync() ?? Task.CompletedTask));

    private bool Matches(StudySummary summary) =>
        string.IsNullOrWhiteSpace(_wanted) || summary.Study.Name.Contains(_wanted.Trim(), StringComparison.CurrentCultureIgnoreCase);
}
