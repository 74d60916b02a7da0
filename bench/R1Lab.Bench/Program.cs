using R1Lab.Bench;

return args switch
{
    ["decode", .. var rest] => DecodeBench.Run(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.WriteLine("usage: R1Lab.Bench decode [model folder] [--threads n] [--tokens n]");
    return 2;
}
