namespace R1Lab.Engine.Training.Recipe;

/// <summary>Settings that a form shows together, in the order of the groups.</summary>
public enum RecipeGroup { Data, Main, Memory, Evaluation, Lora, Log, Advanced, Probes }
