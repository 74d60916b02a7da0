namespace R1Lab.Engine.Training;

/// <summary>What the model said to one of <see cref="TrainingRecipe.ProbePrompts"/>, by greedy decoding.</summary>
/// <param name="Step">Optimizer steps done; 0: before the first, which is the base where no earlier adapter is trained on.</param>
/// <param name="PromptIndex">Place of the prompt in the recipe.</param>
/// <param name="Thought">The text of the thought; null where the model did not think.</param>
/// <param name="Answer">The text behind the thought.</param>
/// <param name="Stopped">It ended by itself and not at the limit.</param>
public sealed record ProbeAnswer(int Step, int PromptIndex, string Prompt, string? Thought, string Answer, int ThoughtTokens, int AnswerTokens, bool Stopped, DateTimeOffset At);
