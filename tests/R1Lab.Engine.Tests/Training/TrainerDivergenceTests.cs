using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Training;

/// <summary>The first number that is not finite ends a run and is traced to its rows and its layer.</summary>
public sealed class TrainerDivergenceTests : IDisposable
{
    private static readonly TrainingRecipe Recipe = TrainingRuns.Busy with { ValSize = 0, Shuffle = false };

    private readonly TrainingRuns _runs = new();

    public void Dispose() => _runs.Dispose();

    [Theory]
    [InlineData("model.layers.1.mlp.down_proj.weight", "model.layers.1")]
    [InlineData("model.layers.0.self_attn.v_proj.weight", "model.layers.0")]
    [InlineData("model.norm.weight", "model.norm")]
    public void Run_DamagedWeight_NamesItsLayer(string weight, string layer)
    {
        var job = _runs.Job(Recipe) with { ModelFolder = Damaged(weight, tensor => tensor.mul_(float.PositiveInfinity)) };

        var e = Assert.Throws<TrainingDivergedException>(() => _runs.Run(job));

        Assert.Equal((1, "loss", layer, 4), (e.Step, e.Quantity, e.Layer, e.Rows.Count));
        Assert.Equal([1, "loss", string.Join(", ", e.Rows), layer], _runs.Events[^1].Arguments);
    }

    [Fact]
    public void Run_OneRowAtFault_IsNamedAlone()
    {
        var rows = TrainingRuns.Rows();
        // A token no other row of the step has.
        var (row, token) = Enumerable.Range(4, 4).SelectMany(row => rows[row].InputIds.SkipLast(1).Select(token => (row, token)))
            .First(found => Enumerable.Range(0, 8).All(other => other == found.row || !rows[other].InputIds.Contains(found.token)));
        var job = _runs.Job(Recipe, rows: rows) with { ModelFolder = Damaged("model.embed_tokens.weight", tensor => tensor[token].fill_(float.NaN)) };

        var e = Assert.Throws<TrainingDivergedException>(() => _runs.Run(job));

        Assert.Equal((2, "model.embed_tokens"), (e.Step, e.Layer));
        Assert.Equal([row], e.Rows);
    }

    [Fact]
    public void LastNonFinite_SeveralGradients_IsTheFirstOfTheWayBack()
    {
        using var scope = NewDisposeScope();
        Tensor[] parameters = [ones(3).requires_grad_(), ones(2).requires_grad_(), ones(4).requires_grad_()];
        using var buffer = new GradientBuffer(parameters);

        Assert.Equal(-1, buffer.LastNonFinite());
        buffer.Views[0][1] = float.NaN;
        buffer.Views[1][0] = float.NegativeInfinity;
        Assert.Equal(1, buffer.LastNonFinite());
    }

    private string Damaged(string weight, Func<Tensor, Tensor> damage)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var folder = _runs.NewFolder();
        foreach (var from in Directory.GetFiles(TrainingRuns.Model("llama_base"))) File.Copy(from, Path.Combine(folder, Path.GetFileName(from)));
        var path = Directory.GetFiles(folder, "*.safetensors").Single();
        using var file = SafetensorsFile.Open(path);
        var tensors = file.Tensors.Keys.ToDictionary(name => name, name => file.Read(name, ComputeDevice.Cpu).clone());
        damage(tensors[weight]);
        SafetensorsWriter.Write(path, tensors);
        return folder;
    }
}
