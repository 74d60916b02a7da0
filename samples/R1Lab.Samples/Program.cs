Console.WriteLine("R1Lab.Bench");
