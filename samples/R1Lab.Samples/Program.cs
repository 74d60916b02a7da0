using R1Lab.Samples.Corpus;

CorpusFile.WriteDatasets();
