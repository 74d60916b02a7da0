using System.Text;
using R1Lab.Engine.Tokenization.Unicode;

namespace R1Lab.Engine.Tokenization;

/// <summary>
/// Learns a byte-level BPE vocabulary from texts, cut into words as Qwen does: the most frequent pair of neighbours becomes a token, again and
/// again (Sennrich et al. 2016, arXiv:1508.07909). The same texts and settings always give the same files.
/// </summary>
public static class BpeTrainer
{
    /// <summary>Trains, writes tokenizer.json and tokenizer_config.json in Hugging Face's format, and loads the result.</summary>
    /// <param name="texts">The texts, read once.</param>
    /// <param name="settings">Size and special tokens.</param>
    /// <param name="outputFolder">Created when it is missing; the two files are replaced.</param>
    /// <exception cref="ArgumentException">The settings have an error (see <see cref="BpeTrainerSettings.Problems"/>).</exception>
    public static Tokenizer Train(IEnumerable<string> texts, BpeTrainerSettings settings, string outputFolder)
    {
        if (settings.Problems().FirstOrDefault(problem => problem.IsError) is { } problem) throw new ArgumentException(problem.Message, nameof(settings));

        var learner = new PairLearner(CountWords(texts, settings));
        var room = settings.VocabularySize - settings.SpecialTokens.Count - settings.AddedTokens.Count;
        while (learner.Tokens.Count < room && learner.MergeNext(settings.MinimumCount)) { }

        Directory.CreateDirectory(outputFolder);
        TrainedTokenizerWriter.Write(outputFolder, learner.Tokens, learner.Merges, settings);
        return Tokenizer.Load(outputFolder);
    }

    private static Dictionary<string, long> CountWords(IEnumerable<string> texts, BpeTrainerSettings settings)
    {
        var matcher = new AddedTokenMatcher(settings.SpecialTokens.Concat(settings.AddedTokens)
            .Select((token, index) => (token, new AddedToken(index, token, false, false, false, false, false))));
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var segments = new List<Segment>();
        foreach (var text in texts)
        {
            foreach (var (range, token) in matcher.Cut(text))
            {
                if (token is not null) continue;
                var piece = UnicodeNormalizer.Normalize(text[range], NormalizationForm.FormC);
                segments.Clear();
                WordScanner.Qwen.Find(piece, segments, new SplitDeadline(piece.Length));
                foreach (var segment in segments)
                {
                    var word = ByteAlphabet.Write(piece.AsSpan(segment.Start, segment.End - segment.Start));
                    counts[word] = counts.GetValueOrDefault(word) + 1;
                }
            }
        }

        return counts;
    }
}
