using R1Lab.Engine.Datasets;

namespace R1Lab.Engine.Training.Objectives;

/// <summary>
/// The steps of one run: which rows each consists of, and what the loss needs to know about them. Called on the training thread only.
/// </summary>
internal interface ITrainingStream : IDisposable
{
    /// <summary>Optimizer steps of the whole run.</summary>
    int TotalSteps { get; }

    /// <summary>Epochs done, with the part of the current one.</summary>
    double Epoch { get; }

    /// <summary>All that is needed to continue exactly here; it goes into every snapshot.</summary>
    StreamPosition Position { get; set; }

    /// <summary>How the rows of a micro-batch become a loss.</summary>
    ITokenLoss Loss { get; }

    /// <summary>A micro-batch that needs as much memory as any of the first steps. <see cref="Position"/> stays.</summary>
    /// <param name="steps">How many steps to consider.</param>
    MicroBatch Largest(int steps);

    /// <summary>The rows of the next step. Moves <see cref="Position"/> on.</summary>
    /// <param name="model">Generates and scores where rows are made during the run.</param>
    StepBatch Next(LiveModel model);

    /// <summary>
    /// What the loss is computed against: the learned tokens of the batch, in their order, and what the loss knows of each. Called before
    /// every forward pass; again when the pass is repeated with fewer lines.
    /// </summary>
    /// <param name="batch">A micro-batch of <see cref="Next"/> or <see cref="Largest"/>, or a part of one.</param>
    /// <param name="model">Scores other rows or tokens where the loss needs them.</param>
    TokenTargets Complete(MicroBatch batch, LiveModel model);

    /// <summary>Scores held-out rows.</summary>
    EvaluationSums Evaluate(MicroBatch batch, LiveModel model);
}
