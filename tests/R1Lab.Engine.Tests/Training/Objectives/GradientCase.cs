using R1Lab.Engine.Datasets;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Objectives;
using R1Lab.Engine.Training.Objectives.Supervised;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Training.Objectives;

/// <summary>A loss of every kind over a float64 model in which every weight learns, with its gradients computed and measured.</summary>
internal sealed class GradientCase : IDisposable
{
    public const double Divisor = 7;

    private static readonly TokenExample[] Rows = TrainingRuns.Rows()[..6];

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Decoder _decoder;
    private readonly Decoder _other;
    private readonly ScalarHeads _heads;
    private readonly Func<MicroBatch, TokenTargets> _targets;

    /// <param name="objective">One of <see cref="Objectives"/>.</param>
    public GradientCase(string objective, string model)
    {
        _decoder = ModelLoader.Load(TrainingRuns.Model(model), ComputeDevice.Cpu, ScalarType.Float64);
        _other = ModelLoader.Load(TrainingRuns.Model("llama_linear_bias"), ComputeDevice.Cpu, ScalarType.Float64);
        _heads = new ScalarHeads(objective == "reward" ? ["score"] : [], _decoder, seed: 3);
        Parameters = [.. _decoder.Parameters.Where(pair => objective != "reward" || pair.Key != "lm_head.weight"), .. _heads.Parameters];
        foreach (var (_, parameter) in Parameters) parameter.requires_grad = true;
        var reference = new ForwardPass(_other, null);
        (ITokenLoss, MicroBatch, Func<MicroBatch, TokenTargets>) parts = objective switch
        {
            "supervised" => (new CrossEntropyLoss(), Lines(), TokenTargets.Of),
            "pairs" => (new PairwiseLoss(0.3, reference), PairStream.Lay(Rows, [0, 1, 2]), PairStream.TargetsOf),
            "reward" => (new RewardLoss(), PairStream.Lay(Rows, [0, 1, 2]), HeadsOnly),
            "distillation" => (new DistillationLoss(0.7, reference), Lines(), TokenTargets.Of),
            "unpaired" => (new UnpairedLoss(0.1, reference), Lines(), batch => UnpairedTargets.Of(batch, row => row / 3.0)),
            _ => (new ClippedPolicyLoss(0.2, 0.28), Lines(), Sampled(Scores())),
        };
        (Loss, Batch, _targets) = parts;
    }

    public static string[] Objectives { get; } = ["supervised", "pairs", "reward", "distillation", "rollout", "unpaired"];

    public IReadOnlyList<KeyValuePair<string, Tensor>> Parameters { get; }

    public MicroBatch Batch { get; }

    /// <summary>What the gradients are of; another one may be put in its place.</summary>
    public ITokenLoss Loss { get; set; }

    /// <summary>The loss, and the gradient of every parameter by name; a micro-batch in parts counts as one.</summary>
    public (double Loss, Dictionary<string, Tensor> Gradients) Backward(
        bool checkpointing = false, int? blocks = null, long positionsAtOnce = 1 << 20, int lines = 1 << 20)
    {
        foreach (var (_, parameter) in Parameters) parameter.grad = null;
        var pass = new TrainingPass(_decoder, null, checkpointing)
        {
            Loss = Loss,
            Heads = _heads,
            CheckpointedBlocks = blocks,
            LogitsAtOnce = positionsAtOnce * _decoder.Config.VocabSize,
        };
        var loss = Batch.Split(lines).Sum(part => pass.Backward(part, Divisor, 0, _targets(part)).Loss.ToDouble());
        return (loss, Parameters.ToDictionary(pair => pair.Key, pair => pair.Value.grad!.clone()));
    }

    /// <summary>
    /// The largest difference between a derivative and the same by central differences, over the length of the parameter's gradient.
    /// </summary>
    public double WorstError()
    {
        var gradients = Backward().Gradients;
        return Parameters.Max(pair => ErrorOf(pair.Value, gradients[pair.Key]));
    }

    public void Dispose()
    {
        _heads.Dispose();
        _decoder.Dispose();
        _other.Dispose();
        _scope.Dispose();
    }

    // Along the gradient and a random direction at once: the first is the largest derivative there is, the second sees what is missing in
    // the first.
    private double ErrorOf(Tensor parameter, Tensor gradient)
    {
        const double step = 1e-5;
        using var scope = NewDisposeScope();
        using var random = new Generator(11);
        var other = randn(parameter.shape, dtype: ScalarType.Float64, generator: random);
        var length = gradient.norm();
        var direction = gradient / length + other / other.norm();
        double At(double distance)
        {
            using (no_grad()) parameter.add_(direction, distance);
            var loss = Backward().Loss;
            using (no_grad()) parameter.add_(direction, -distance);
            return loss;
        }

        var measured = (At(step) - At(-step)) / (2 * step);
        return Math.Abs(measured - (gradient * direction).sum().ToDouble()) / length.ToDouble();
    }

    private static float Drift(int token, int row) => 0.29f * ((token * 7 + row) % 5 - 2);

    private static TokenTargets HeadsOnly(MicroBatch batch) => PairStream.TargetsOf(batch) with { Positions = [], Tokens = [] };

    private static MicroBatch Lines() => MicroBatch.Of(Rows, [.. Rows.Select((_, row) => new[] { row })], packed: false);

    private Dictionary<int, float[]> Scores() => Enumerable.Range(0, Rows.Length).ToDictionary(row => row, row =>
    {
        var alone = MicroBatch.Of(Rows, [[row]], packed: false);
        var scores = new ForwardPass(_decoder, null).Score(alone, TokenTargets.Of(alone)).LogProbs;
        return Array.ConvertAll(scores.data<double>().ToArray(), logProb => (float)logProb);
    });

    // Ratios from 0.55 to 1.75 and advantages of both signs: some tokens are clipped, some are not.
    private static Func<MicroBatch, TokenTargets> Sampled(Dictionary<int, float[]> scores) => batch => TokenTargets.Of(batch) with
    {
        Weights = [.. batch.Examples.SelectMany(line => scores[line[0]].Select((_, i) => (i + line[0]) % 3 - 0.8f))],
        OldLogProbs = [.. batch.Examples.SelectMany(line => scores[line[0]].Select((logProb, i) => logProb + Drift(i, line[0])))],
    };
}
