using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using R1Lab.Samples.Problems;

namespace R1Lab.Samples.Corpus;

/// <summary>Rows as JSONL: <c>prompt</c>, <c>response</c> and, for scores by kind, <c>kind</c>. UTF-8 without a mark, LF.</summary>
public static class CorpusFile
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Text(IEnumerable<ExampleProblem> problems)
    {
        var text = new StringBuilder();
        foreach (var problem in problems)
        {
            text.Append(JsonSerializer.Serialize(new { prompt = problem.Prompt, response = problem.Response, kind = problem.Kind }, Readable)).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Writes the fine-tuning and the held-out rows into the repository.</summary>
    public static void WriteDatasets()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(SampleFolders.FineTuningRows)!);
        File.WriteAllText(SampleFolders.FineTuningRows, Text(DemoCorpus.FineTuning()));
        File.WriteAllText(SampleFolders.HeldOutRows, Text(DemoCorpus.HeldOut()));
    }
}
