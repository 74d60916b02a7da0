// libtorch's random state and thread pool belong to the whole process: two seeded runs side by side would disturb each other.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
