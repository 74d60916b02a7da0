namespace R1Lab.Web.Components.Shared;

/// <summary>
/// News of the lab come on threads with a culture of their own; the texts of a page belong to the page's. What was current when this was made is
/// current again while the news are taken in.
/// </summary>
internal sealed class PageThread
{
    private readonly ExecutionContext? _context = ExecutionContext.Capture();

    /// <param name="work">Begins the work; usually <c>InvokeAsync</c> of the component.</param>
    public void Run(Func<Task> work)
    {
        if (_context is null) _ = work();
        else ExecutionContext.Run(_context.CreateCopy(), _ => _ = work(), null);
    }
}
