namespace R1Lab.Engine.Training;

/// <summary>How well one row was known when it was trained on.</summary>
/// <param name="Epoch">The pass over the data, from 0.</param>
/// <param name="RowId">The dataset row, or its place where rows have no id.</param>
/// <param name="Loss">Mean cross entropy per learned token, in nats.</param>
/// <param name="Tokens">Learned tokens.</param>
public sealed record RowLoss(int Epoch, int RowId, double Loss, int Tokens);
