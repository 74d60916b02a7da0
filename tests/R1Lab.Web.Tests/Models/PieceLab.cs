using R1Lab.Tests.Shared;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Tests.Models;

/// <summary>A lab with models of chosen pieces, each made and registered when it is first asked for.</summary>
public sealed class PieceLab : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly HashSet<string> _known = [];

    public LabHost Lab { get; } = new();

    public HttpClient Client { get; private set; } = default!;

    public ValueTask InitializeAsync()
    {
        Client = Lab.ApiClient();
        return ValueTask.CompletedTask;
    }

    /// <returns>The registered name of a model that answers these pieces (see <see cref="PieceModel.Of"/>).</returns>
    public async Task<string> AddAsync(params string[] pieces)
    {
        var name = Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(string.Join('|', pieces)));
        if (!_known.Add(name)) return name;
        var folder = PieceModel.Of(pieces).Write(Path.Combine(_folder.Path, name));
        await Lab.Get<ModelLibrary>().RegisterAsync(Actors.Lab, folder, name, null, TestContext.Current.CancellationToken);
        return name;
    }

    public ValueTask DisposeAsync()
    {
        Client.Dispose();
        Lab.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
