using System.Globalization;
using R1Lab.Bench;
using R1Lab.Bench.Desk;
using R1Lab.Bench.Faults;
using R1Lab.Bench.Load;
using R1Lab.Bench.Memory;
using R1Lab.Bench.Parity;
using R1Lab.Bench.Rating;
using R1Lab.Bench.Training;
using R1Lab.Engine;

try
{
    return args switch
    {
        ["decode", .. var rest] => DecodeBench.Run(new CommandOptions(rest)),
        ["make-8b", var folder] => RandomModel.Run("distill-llama-8b", folder),
        ["make", var shape, var folder] when PublishedShapes.All.ContainsKey(shape) => RandomModel.Run(shape, folder),
        ["steps", .. var rest] => StepsBench.Run(new CommandOptions(rest)),
        ["train", .. var rest] => TrainBench.Run(TrainOptions.Of(new CommandOptions(rest))),
        ["rating", .. var rest] => RatingBench.Run(new CommandOptions(rest)),
        ["parity", .. var rest] => ParityBench.Run(new CommandOptions(rest)),
        ["faults", .. var rest] => FaultBench.Run(new CommandOptions(rest)),
        ["desk", .. var rest] => DeskBench.RunAsync(new CommandOptions(rest)).GetAwaiter().GetResult(),
        ["load", .. var rest] => LoadBench.Run(new CommandOptions(rest)),
        ["memory", .. var rest] => MemoryBench.Run(new CommandOptions(rest)),
        [MemoryRow.Verb, var place, var folder, var steps, var device] =>
            MemoryRow.Run(int.Parse(place, CultureInfo.InvariantCulture), folder, int.Parse(steps, CultureInfo.InvariantCulture), new CommandOptions(["--device", device]).Device()),
        [TrainingRow.Verb, var row] => TrainingRow.Run(row),
        _ => Usage(),
    };
}
catch (BadInputException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}

static int Usage()
{
    Console.WriteLine($"""
        usage: R1Lab.Bench decode [demo|8b|shape|model folder] [--device cpu|cuda] [--dtype bfloat16|float32] [--threads n] [--tokens n]
               R1Lab.Bench make-8b <folder>
               R1Lab.Bench make {string.Join('|', PublishedShapes.All.Keys)} <folder>
               R1Lab.Bench steps <model folder> [--seq 256] [--micro-batch 1] [--steps 3] [--method lora|qlora|dora|full] [--dtype bfloat16|float32] [--rank 16]
                                 [--device cpu|cuda] [--checkpointing on|off] [--offload on|off] [--embedding-on-host on|off] [--packing on|off] [--accumulation 1]
                                 [--recipe file] [--threads n] [--json file]
               R1Lab.Bench parity [demo|shape|model folder] [--device cpu] [--python file] [--json file]
               R1Lab.Bench rating [--studies 2000] [--json file]
               R1Lab.Bench memory [demo|shape|model folder] [--device cpu|cuda] [--json file]
               R1Lab.Bench faults <list.json> [--folder dir] [--renew] [--room Engine|Data|Web] [--only 1,2] [--reach near|folder|whole] [--json file]
               R1Lab.Bench desk {DeskBench.Usage}
               R1Lab.Bench load [--minutes 5] [--warm-up 1] [--pace 1] [--log file] [--json file]
               R1Lab.Bench train {TrainOptions.Usage}
        """);
    return 2;
}
