using R1Lab.Samples.Corpus;
Console.WriteLine("start");
foreach (var p in DemoCorpus.PreTraining().Take(int.Parse(args[0]))) Console.WriteLine($"{p.Kind} [{p.Key}] {p.Prompt}\n{p.Response}\n");
Console.WriteLine("ft");
foreach (var p in DemoCorpus.FineTuning().Take(20))
{
    Console.WriteLine($"{p.Kind} [{p.Key}] {p.Prompt}\n{p.Response}\n");
}
