using R1Lab.Engine.Devices;

namespace R1Lab.Engine.Tests.Devices;

/// <summary>Limits of main memory as the kernel's files say them (proc(5), cgroups(7)).</summary>
public sealed class MachineMemoryTests
{
    private const long Gibibyte = 1L << 30;
    private const string Meminfo = "MemTotal:       25165824 kB\nMemFree:         1048576 kB\nMemAvailable:   20971520 kB\n"; // 24 and 20 GiB

    [Fact]
    public void Read_NoLimits_IsTheMachines() =>
        Assert.Equal(new MachineMemory(24 * Gibibyte, 20 * Gibibyte), Read(("/proc/self/cgroup", "0::/\n"), ("/sys/fs/cgroup/memory.max", "max\n"), ("/sys/fs/cgroup/memory.current", "5\n")));

    [Fact]
    public void Read_UnifiedGroupInsideASmallerOne_TakesTheTightest() =>
        Assert.Equal(
            new MachineMemory(4 * Gibibyte, 1 * Gibibyte),
            Read(
                ("/proc/self/cgroup", "0::/lab.slice/r1lab.service\n"),
                ("/sys/fs/cgroup/lab.slice/r1lab.service/memory.max", "max"),
                ("/sys/fs/cgroup/lab.slice/r1lab.service/memory.current", $"{Gibibyte}"),
                ("/sys/fs/cgroup/lab.slice/memory.max", $"{4 * Gibibyte}"),
                ("/sys/fs/cgroup/lab.slice/memory.current", $"{5 * Gibibyte}"),
                ("/sys/fs/cgroup/lab.slice/memory.stat", $"anon 1\ninactive_file {2 * Gibibyte}\nactive_file 7\n"))); // 5 used, 2 of them can be dropped

    [Fact]
    public void Read_ContainerThatSeesOnlyItsRoot_TakesTheRootsLimit() =>
        Assert.Equal(
            new MachineMemory(2 * Gibibyte, 1 * Gibibyte),
            Read(("/proc/self/cgroup", "0::/docker/0123456789\n"), ("/sys/fs/cgroup/memory.max", $"{2 * Gibibyte}\n"), ("/sys/fs/cgroup/memory.current", $"{Gibibyte}\n")));

    [Fact]
    public void Read_HighMarkBelowTheLimit_Counts() =>
        Assert.Equal(
            new MachineMemory(3 * Gibibyte, 2 * Gibibyte),
            Read(
                ("/proc/self/cgroup", "0::/a"), ("/sys/fs/cgroup/a/memory.current", $"{Gibibyte}"),
                ("/sys/fs/cgroup/a/memory.max", $"{8 * Gibibyte}"), ("/sys/fs/cgroup/a/memory.high", $"{3 * Gibibyte}")));

    [Fact]
    public void Read_LegacyGroup_Counts() =>
        Assert.Equal(
            new MachineMemory(2 * Gibibyte, 1536 << 20),
            Read(
                ("/proc/self/cgroup", "12:cpu,cpuacct:/a\n5:memory:/a/b\n0::/\n"),
                ("/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "9223372036854771712"), // none
                ("/sys/fs/cgroup/memory/a/b/memory.usage_in_bytes", $"{Gibibyte}"),
                ("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", $"{2 * Gibibyte}"),
                ("/sys/fs/cgroup/memory/a/memory.usage_in_bytes", $"{Gibibyte}"),
                ("/sys/fs/cgroup/memory/a/memory.stat", $"inactive_file 1\ntotal_inactive_file {Gibibyte / 2}\n")));

    [Fact]
    public void Read_ResourceLimits_Count() =>
        Assert.Equal(
            new MachineMemory(6 * Gibibyte, 4 * Gibibyte),
            Read(
                ("/proc/self/limits", $"Limit                     Soft Limit           Hard Limit           Units     \nMax data size             {6 * Gibibyte}           unlimited            bytes     \nMax address space         unlimited            unlimited            bytes     \n"),
                ("/proc/self/status", $"VmSize:\t{9 * Gibibyte / 1024} kB\nVmData:\t {2 * Gibibyte / 1024} kB\n")));

    [Fact]
    public void Read_MoreUsedThanAllowed_IsNothingLeft() =>
        Assert.Equal(
            new MachineMemory(Gibibyte, 0),
            Read(("/proc/self/cgroup", "0::/a"), ("/sys/fs/cgroup/a/memory.current", $"{2 * Gibibyte}"), ("/sys/fs/cgroup/a/memory.max", $"{Gibibyte}")));

    [Fact]
    public void Read_SystemThatDoesNotSay_IsNull() => Assert.Null(MachineMemory.Read(_ => null));

    [Fact]
    public void Read_ThisMachine_IsWithinItsOwnNumbers()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux says.");

        var memory = MachineMemory.Read()!;

        Assert.InRange(memory.AvailableBytes, 1, memory.TotalBytes);
    }

    private static MachineMemory? Read(params (string Path, string Text)[] files)
    {
        var known = files.Append(("/proc/meminfo", Meminfo)).ToDictionary(file => file.Item1, file => file.Item2);
        return MachineMemory.Read(known.GetValueOrDefault);
    }
}
